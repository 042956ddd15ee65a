// The real S3 servers that a test may use, from the environment (tests/servers/with-servers).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/storage/s3/s3_store.h"

namespace neurofs::test {

struct S3Server {
  std::string name;  // "radosgw", "swift"
  std::string endpoint;
  std::string bucket;
  AwsKeys keys;

  bool running() const { return !endpoint.empty(); }
  std::string why_not() const;
  // A place that no other test uses.
  std::string fresh_url() const;
  Environment environment() const;
  // Opens a place for writing; tests change options and tuning before.
  Result<std::shared_ptr<S3Store>> open(const std::string& url, StoreOptions options = {}) const;
  Result<std::shared_ptr<S3Store>> open(const std::string& url, StoreOptions options,
                                        S3Store::Tuning tuning) const;
};

// Every kind, running or not.
std::vector<S3Server> s3_servers();

}  // namespace neurofs::test
