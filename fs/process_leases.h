// ProcessLeases: things that a daemon keeps for other processes, until they end.
//
// Purpose: an exported piece of GPU memory must outlive the request that made it, and must not outlive
// the process that maps it, however that ends. Each process that holds a lease is watched by a pidfd, which
// cannot mean another process later as a number can.
// Thread-safety: every method from any thread. Ownership: a lease is anything that frees its resource when
// it is destroyed; that happens outside of the lock, on the caller's thread or on the one that watches.
// Bounds: at most `limit` leases over all processes. Errors: kNoMemory when that is reached (release one),
// kInvalidArgument for a process that is gone or a lease that is not its own. The destructor frees all.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "core/base/result.h"

namespace neurofs {

class ProcessLeases {
 public:
  using Lease = std::shared_ptr<void>;

  static Result<std::unique_ptr<ProcessLeases>> make(size_t limit);
  ~ProcessLeases();
  ProcessLeases(const ProcessLeases&) = delete;
  ProcessLeases& operator=(const ProcessLeases&) = delete;

  // A number that is never given twice and never 0. `process`: any thread of it.
  Result<uint64_t> add(pid_t process, Lease lease);
  Status release(pid_t process, uint64_t number);
  size_t count() const;

 private:
  struct Held {
    pid_t process;
    Lease lease;
  };
  ProcessLeases(size_t limit, int poll, int wake);
  Status watch(pid_t process);
  void run();
  void forget(pid_t process);

  const size_t limit_;
  const int poll_;  // epoll: the pidfds, and wake_
  const int wake_;  // eventfd: the end
  mutable std::mutex mutex_;
  uint64_t last_ = 0;              // guarded by mutex_
  std::map<uint64_t, Held> held_;  // guarded by mutex_
  std::map<pid_t, int> watched_;   // process -> pidfd; guarded by mutex_
  std::thread watcher_;
};

}  // namespace neurofs
