// Cancellation and ReadScope: how a read is told that nobody waits for it any more.
//
// Purpose: what serves a request (a FUSE worker) opens a ReadScope on its thread; whatever waits below it,
// on that thread, asks ReadScope::current() how long it may wait and hears at once of cancel().
// Thread-safety: Cancellation from any thread. Ownership: a scope borrows its cancellation; a Watch must
// not outlive it. Cost: without a watch, cancelled() is one load.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>

namespace neurofs {

class Cancellation {
 public:
  using Callback = std::function<void()>;

  // Calls every watch once. What it calls must not wait and must not throw.
  void cancel();
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

  // While it lives, `called` runs once when the cancellation comes, on the thread that cancels; at once
  // if it has come already. Its end waits for a call that runs, so that what it captures may go.
  class Watch {
   public:
    Watch(Cancellation* cancellation, Callback called);  // null: never called
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();

   private:
    Cancellation* const cancellation_;
    std::list<Callback>::iterator at_;
  };

 private:
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;               // held while callbacks run
  std::list<Callback> callbacks_;  // guarded by mutex_
};

// The bounds of what this thread does, until the scope ends; scopes nest, and the earliest deadline holds.
class ReadScope {
 public:
  using Clock = std::chrono::steady_clock;

  ReadScope(Cancellation* cancellation, Clock::time_point deadline);
  ReadScope(const ReadScope&) = delete;
  ReadScope& operator=(const ReadScope&) = delete;
  ~ReadScope();

  Cancellation* cancellation() const { return cancellation_; }  // null: cannot be cancelled
  Clock::time_point deadline() const { return deadline_; }
  bool cancelled() const { return cancellation_ != nullptr && cancellation_->cancelled(); }

  // The innermost one of this thread; null outside any.
  static const ReadScope* current();

 private:
  Cancellation* const cancellation_;
  const ReadScope* const outer_;
  const Clock::time_point deadline_;
};

}  // namespace neurofs
