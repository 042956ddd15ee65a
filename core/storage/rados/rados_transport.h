// RadosTransport: reads of objects in a pool, by librados' asynchronous operations.
//
//   a range:      [assert_version] stat, read              one operation, so of one version
//   a whole one:  [assert_version] stat, read 64 KiB       then the rest, if any, with assert_version
//   an end:       [assert_version] stat                    then the range, with assert_version
//
// Thread-safety and ownership: as Transport; borrows the cluster, and must outlive what it started.
// Versions: RadosVersion. Errors: see rados_errors.h; an attempt ends after RemoteOptions::stall, which the
// cluster's client is set to (rados_osd_op_timeout), as kRetry.
#pragma once

#include <array>
#include <mutex>
#include <string>

#include "core/storage/rados/rados_cluster.h"
#include "core/storage/rados/rados_location.h"
#include "core/storage/remote/transport.h"

namespace neurofs {

class RadosTransport : public Transport {
 public:
  RadosTransport(const RadosCluster& cluster, RadosLocation location)
      : cluster_(cluster), location_(std::move(location)) {}

  void start(RemoteGet& get) override;
  void abort(RemoteGet& get) override;

 private:
  struct Operation;
  struct Read {
    uint64_t offset;
    uint64_t length;  // 0: nothing is read
    std::byte* into;
  };

  void begin(Operation& operation);
  static void on_done(rados_completion_t completion, void* operation);
  static Read into_parts(Operation& operation, uint64_t offset);
  std::mutex& mutex_of(const RemoteGet& get);
  int submit(Operation& operation, const Read& read);
  Read first_read(Operation& operation) const;
  void take(Operation& operation, int error, uint64_t version);
  // False once there is nothing more to read; else `next` is.
  bool go_on(Operation& operation, Read& next) const;
  bool continue_suffix(Operation& operation, Read& next) const;
  bool continue_whole(Operation& operation, Read& next) const;
  Status check_range(const RemoteGet& get, uint64_t size) const;
  RemoteAnswer failure(const Operation& operation, int error) const;
  RemoteAnswer success(Operation& operation) const;
  void deliver(Operation& operation) const;
  void release(Operation& operation) const;
  void end(Operation& operation, RemoteAnswer answer);

  const RadosCluster& cluster_;
  const RadosLocation location_;
  const Status out_of_memory_ = no_memory("the system has no memory left; lower --ram");
  // Between an abort and the end of what it would end; by the address of the request.
  std::array<std::mutex, 16> mutexes_;
};

}  // namespace neurofs
