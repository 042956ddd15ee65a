// AheadHolders: who keeps blocks in RAM for readers to come, so that memory can be had back from all of them.
//
// Purpose: blocks that are kept ahead are pinned, and pinned memory is nobody else's: a reader that would wait for
// memory calls let_go() first, and holders that nobody reads from any more lose theirs when others load blocks.
//
//   let_go:  under the lock, which is held for moments, tell all of them to stop;
//            then, without it, have one after another return what it keeps
//
// Thread-safety: every method from any thread; none calls AheadHolder::let_go() under a lock. Ownership: holders are
// held weakly, and call remove() before they end. Errors: none, but std::bad_alloc from add().
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace neurofs {

class AheadHolder {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~AheadHolder() = default;
  virtual bool read_since(Clock::time_point since) const noexcept = 0;
  // Nothing more is kept from now on, and what is on its way is cancelled: the work of a moment, under a lock.
  virtual void cancel() noexcept = 0;
  // Returns what it keeps and calls remove(), without waiting for more than short locks.
  virtual void let_go() noexcept = 0;
};

class AheadHolders {
 public:
  using Clock = AheadHolder::Clock;
  // Who has not been read from for longer has no share, and loses what it keeps when another lacks it.
  static constexpr std::chrono::seconds kLately{10};

  void add(const std::shared_ptr<AheadHolder>& holder) {
    const std::lock_guard lock(mutex_);
    entries_.push_back({++last_id_, holder.get(), holder});
    count_locked(Clock::now());
  }
  // Once more does nothing.
  void remove(const AheadHolder* holder) noexcept {
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [holder](const Entry& e) { return e.holder == holder; });
    count_locked(Clock::now());
  }
  // How many share what may be kept ahead: those who were read from lately, counted anew once in a second.
  size_t count() {
    if (is_due(&next_count_, Clock::now())) {
      const std::lock_guard lock(mutex_);
      count_locked(Clock::now());
    }
    return count_.load(std::memory_order_relaxed);
  }

  void let_go() noexcept { let_go(Clock::time_point::max()); }
  // Called where blocks are loaded, or there is no memory to keep more; looks once in a second.
  void look(Clock::duration idle) {
    if (is_empty_.load(std::memory_order_relaxed)) return;
    const Clock::time_point now = Clock::now();
    if (is_due(&next_look_, now)) let_go(now - idle);
  }

 private:
  struct Entry {
    uint64_t id;  // ascending
    AheadHolder* holder;
    std::weak_ptr<AheadHolder> kept;
    bool is_going = false;
  };

  static bool is_due(std::atomic<Clock::rep>* next, Clock::time_point now) {
    Clock::rep due = next->load(std::memory_order_relaxed);
    if (now.time_since_epoch().count() < due) return false;
    const Clock::rep later = (now + std::chrono::seconds(1)).time_since_epoch().count();
    return next->compare_exchange_strong(due, later);
  }
  void count_locked(Clock::time_point now) noexcept {
    const auto shares = [now](const Entry& e) {
      return !e.is_going && e.holder->read_since(now - kLately);
    };
    const auto count = std::count_if(entries_.begin(), entries_.end(), shares);
    count_.store(static_cast<size_t>(count), std::memory_order_relaxed);
    is_empty_.store(entries_.empty(), std::memory_order_relaxed);
  }
  // All, or those whom nobody has read from since `idle_since`.
  void let_go(Clock::time_point idle_since) noexcept {
    {
      const std::lock_guard lock(mutex_);
      for (Entry& e : entries_) {
        const bool goes =
            idle_since == Clock::time_point::max() || !e.holder->read_since(idle_since);
        if (!goes || e.is_going) continue;
        e.is_going = true;
        e.holder->cancel();
      }
    }
    uint64_t id = 0;
    while (const std::shared_ptr<AheadHolder> holder = next_going(&id)) holder->let_go();
  }
  // The first after `id` that is to return what it keeps, and still lives; its number is put into `id`.
  std::shared_ptr<AheadHolder> next_going(uint64_t* id) noexcept {
    const std::lock_guard lock(mutex_);
    for (auto at = std::ranges::upper_bound(entries_, *id, {}, &Entry::id); at != entries_.end();
         ++at) {
      if (!at->is_going) continue;
      std::shared_ptr<AheadHolder> holder = at->kept.lock();
      if (!holder) continue;  // it ends on another thread, which returns what it keeps
      *id = at->id;
      return holder;
    }
    return nullptr;
  }

  std::mutex mutex_;
  std::vector<Entry> entries_;  // guarded by mutex_
  uint64_t last_id_ = 0;        // guarded by mutex_
  std::atomic<size_t> count_{0};
  std::atomic<bool> is_empty_{true};
  std::atomic<Clock::rep> next_count_{0};
  std::atomic<Clock::rep> next_look_{0};
};

}  // namespace neurofs
