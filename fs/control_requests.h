// ControlRequests: requests of the kernel that take long, on threads of their own.
//
// Purpose: an ioctl that reads ahead or refreshes waits for a store, and must not hold a worker that answers names
// and warm reads. Each runs under a ReadScope: interrupt() and stop() end it with kInterrupted, the deadline with
// kTimeout. Thread-safety: every method from any thread. Ownership: `work` and `reply` keep what they
// need; both run on the same thread, in this order. Bounds: kThreads at once, kMostQueued waiting.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/base/cancellation.h"
#include "core/base/executor.h"
#include "core/base/status.h"

namespace neurofs {

class ControlRequests {
 public:
  static constexpr size_t kThreads = 2;
  static constexpr size_t kMostQueued = 32;
  using Work = std::function<Status()>;  // must not throw
  using Reply = std::function<void(const Status& outcome)>;

  explicit ControlRequests(std::chrono::milliseconds deadline)
      : deadline_(deadline), threads_(kThreads, kMostQueued) {}
  ~ControlRequests() { stop(); }

  // Before submit(), so that no interrupt is missed.
  void expect(void* request);
  // False, and nothing runs, when too many wait; the request is then no longer expected.
  [[nodiscard]] bool submit(void* request, Work work, Reply reply);
  void interrupt(void* request);
  // Ends what runs, waits for it, and lets nothing more begin.
  void stop();

 private:
  void forget(void* request);

  const std::chrono::milliseconds deadline_;
  std::mutex mutex_;
  std::unordered_map<void*, std::shared_ptr<Cancellation>> open_;  // guarded by mutex_
  bool stopped_ = false;                                           // guarded by mutex_
  Executor threads_;                                               // last: ends first
};

}  // namespace neurofs
