// RemoteOptions: what a user chooses about stores that are reached over a network.
//
// Plain values. Secrets never stand here: they come from files or the environment, named here.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace neurofs {

struct RemoteOptions {
  // A read, with all its retries, ends by then: kTimeout. A ReadScope may end it sooner.
  std::chrono::milliseconds deadline{60'000};
  std::chrono::milliseconds connect_timeout{5'000};
  // An attempt that has brought no byte for so long is given up and tried again.
  std::chrono::milliseconds stall{10'000};
  unsigned in_flight = 32;  // requests of a store at once; fewer after refusals (503, SlowDown)
  int retries = 8;          // attempts after the first, within the deadline
  bool hedge = false;       // a second request for what takes longer than nearly all others
  uint64_t gap = 64 << 10;  // ranges of one object that lie closer may become one request

  // http(s)://, and s3:// by HTTP
  std::string ca_file{};    // PEM; "" for the system's roots
  std::string auth_file{};  // "user:password", or "bearer TOKEN"; else NEUROFS_HTTP_AUTH
  unsigned redirects = 0;   // followed at most; never with credentials to another host
  uint64_t whole_limit =
      8 << 20;  // objects up to that size are read whole from servers without ranges

  // s3://
  std::string endpoint{};  // "http://127.0.0.1:9000"; "" for AWS or AWS_ENDPOINT_URL
  std::string region{};    // "" for AWS_REGION, the profile, us-east-1
  std::string profile{};   // "" for AWS_PROFILE, default
  bool anonymous = false;
  bool path_style = false;  // bucket in the path; always so with an endpoint that is an address
  bool missing_403 =
      false;  // 403 for a chunk is a chunk that is missing (no ListBucket permission)

  // rados://
  std::string ceph_conf{};   // "" for CEPH_CONF, /etc/ceph/ceph.conf
  std::string rados_user{};  // "client.admin" where empty
  std::string rados_namespace{};
};

}  // namespace neurofs
