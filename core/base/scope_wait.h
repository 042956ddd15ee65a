// ScopeWait: a wait on a condition variable that also ends when this thread's ReadScope does.
//
// Purpose: whatever makes a read wait inside the engine (the load of another, memory, a pause) must end when
// its reader gives up or its deadline passes. Thread-safety: one object serves one wait of one thread; make it
// before the lock is taken and let it go after the lock, as cancel() takes the mutex to wake the waiter.
// Ownership: borrows the mutex and the condition variable. Cost: without a ReadScope, that of a plain wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/cancellation.h"
#include "core/base/status.h"

namespace neurofs {

enum class ScopeEnd : uint8_t { kNone, kCancelled, kDeadline };

// Whether, and by what, the bounds of what this thread does have been reached.
inline ScopeEnd scope_end() {
  const ReadScope* scope = ReadScope::current();
  if (scope == nullptr) return ScopeEnd::kNone;
  if (scope->cancelled()) return ScopeEnd::kCancelled;
  if (scope->deadline() == ReadScope::Clock::time_point::max()) return ScopeEnd::kNone;
  return ReadScope::Clock::now() < scope->deadline() ? ScopeEnd::kNone : ScopeEnd::kDeadline;
}

// What a read says that ended so. `waited_for` goes on "while it waited for ".
inline Status scope_status(ScopeEnd end, std::string_view waited_for) {
  if (end == ScopeEnd::kNone) return {};
  const std::string what(waited_for);
  if (end == ScopeEnd::kCancelled) {
    return {Code::kInterrupted, "the reader gave up while it waited for " + what};
  }
  return {Code::kTimeout, "the deadline passed while the read waited for " + what +
                              "; raise --deadline or look at the store"};
}

class ScopeWait {
 public:
  ScopeWait(std::mutex& mutex, std::condition_variable& changed)
      : changed_(changed),
        scope_(ReadScope::current()),
        watch_(scope_ == nullptr ? nullptr : scope_->cancellation(), [&mutex, &changed] {
          // Under the lock: a waiter that has just looked must not miss it.
          { const std::lock_guard lock(mutex); }
          changed.notify_all();
        }) {}

  // kNone: `done` is true.
  template <typename Done>
  ScopeEnd wait(std::unique_lock<std::mutex>& lock, const Done& done) {
    if (scope_ == nullptr) {
      changed_.wait(lock, done);
      return ScopeEnd::kNone;
    }
    const bool endless = scope_->deadline() == ReadScope::Clock::time_point::max();
    while (!done()) {
      const ScopeEnd end = scope_end();
      if (end != ScopeEnd::kNone) return end;
      if (endless) {
        changed_.wait(lock);
      } else {
        changed_.wait_until(lock, scope_->deadline());
      }
    }
    return ScopeEnd::kNone;
  }

 private:
  std::condition_variable& changed_;
  const ReadScope* const scope_;
  const Cancellation::Watch watch_;
};

// Waits for so long, or until the thread's scope ends. False when it did.
inline bool pause_in_scope(std::chrono::milliseconds pause) {
  const auto until = ReadScope::Clock::now() + pause;
  std::mutex mutex;
  std::condition_variable changed;
  Cancellation* cancellation =
      ReadScope::current() == nullptr ? nullptr : ReadScope::current()->cancellation();
  const ReadScope scope(cancellation, until);  // the earlier deadline holds
  {
    ScopeWait wait(mutex, changed);
    std::unique_lock lock(mutex);
    if (wait.wait(lock, [] { return false; }) == ScopeEnd::kCancelled) return false;
  }
  return ReadScope::Clock::now() >= until;
}

}  // namespace neurofs
