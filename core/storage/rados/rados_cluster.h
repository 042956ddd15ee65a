// RadosCluster: a connection to a Ceph cluster, and one pool of it.
//
// Purpose: what librados needs before the first read, with its timeouts set: it waits for ever by default.
// Thread-safety: immutable once connected; librados does the rest. Ownership: the connection and the threads
// of librados; operations must have ended before it goes. A process that forks must connect afterwards.
// librados reconnects by itself, to monitors and OSDs, as long as this lives.
// Errors: kNotFound for a missing ceph.conf or pool, kPermission for an unknown user or wrong key, kTimeout
// when no monitor answers within options.connect_timeout, kUnsupported without librados.
#pragma once

#include <memory>
#include <string>

#include "core/storage/rados/rados_library.h"
#include "core/storage/remote/remote_options.h"

namespace neurofs {

class RadosCluster {
 public:
  // `url` is for messages.
  static Result<std::unique_ptr<RadosCluster>> connect(const std::string& pool,
                                                       const std::string& url,
                                                       const RemoteOptions& options);
  RadosCluster(const RadosCluster&) = delete;
  RadosCluster& operator=(const RadosCluster&) = delete;
  ~RadosCluster();

  const RadosLibrary& library() const { return library_; }
  rados_ioctx_t pool() const { return pool_; }
  // The cluster, the pool's number and the namespace: no other objects anywhere have these three and one name.
  const std::string& place() const { return place_; }
  // False once it is known that the pool is deleted; its objects are then not "missing", but lost. Never waits.
  bool has_pool() const;

 private:
  explicit RadosCluster(const RadosLibrary& library) : library_(library) {}
  Status configure(const RemoteOptions& options);
  Status start(const std::string& pool, const RemoteOptions& options);

  const RadosLibrary& library_;
  rados_t cluster_ = nullptr;
  rados_ioctx_t pool_ = nullptr;
  std::string place_;
  std::string conf_;
  std::string user_;
};

}  // namespace neurofs
