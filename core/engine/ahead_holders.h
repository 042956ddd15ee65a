// AheadHolders: who keeps blocks in RAM for readers to come, so that memory can be had back from all of them.
//
// Purpose: blocks that are kept ahead are pinned, and pinned memory is nobody else's: a reader that would wait for
// memory calls let_go() first, and holders that nobody reads from any more lose theirs when others load blocks.
// Thread-safety: every method from any thread; remove() waits for a call to that holder. Ownership: borrows holders
// from add() to remove(). Errors: none.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

namespace neurofs {

class AheadHolder {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~AheadHolder() = default;
  // Returns what it keeps, without waiting for more than short locks; since `idle_since`, unless that is
  // Clock::time_point::max(), only where nobody has read from it.
  virtual void let_go(Clock::time_point idle_since) = 0;
};

class AheadHolders {
 public:
  using Clock = AheadHolder::Clock;

  void add(AheadHolder* holder) {
    const std::lock_guard lock(mutex_);
    holders_.push_back(holder);
    count_.store(holders_.size(), std::memory_order_relaxed);
  }
  void remove(AheadHolder* holder) {
    const std::lock_guard lock(mutex_);
    std::erase(holders_, holder);
    count_.store(holders_.size(), std::memory_order_relaxed);
  }
  // How many share what may be kept ahead.
  size_t count() const { return count_.load(std::memory_order_relaxed); }

  void let_go() { let_go(Clock::time_point::max()); }
  // Called where blocks are loaded; looks once in a second.
  void look(Clock::duration idle) {
    if (count() == 0) return;
    const Clock::time_point now = Clock::now();
    Clock::rep next = next_look_.load(std::memory_order_relaxed);
    if (now.time_since_epoch().count() < next) return;
    const Clock::rep later = (now + std::chrono::seconds(1)).time_since_epoch().count();
    if (next_look_.compare_exchange_strong(next, later)) let_go(now - idle);
  }

 private:
  void let_go(Clock::time_point idle_since) {
    const std::lock_guard lock(mutex_);
    for (AheadHolder* holder : holders_) holder->let_go(idle_since);
  }

  std::mutex mutex_;
  std::vector<AheadHolder*> holders_;  // guarded by mutex_
  std::atomic<size_t> count_{0};
  std::atomic<Clock::rep> next_look_{0};
};

}  // namespace neurofs
