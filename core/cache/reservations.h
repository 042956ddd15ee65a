// Reservations: memory is promised before it is used, in the order in which it was asked for.
//
// Purpose: the sum of what all readers hold never passes the tier's budget, so a reader that was
// granted its group can always finish. First come, first served, so that a large group is not
// starved by small ones. Thread-safety: all methods. Units: bytes. Errors: kInterrupted and kTimeout as the
// ReadScope of the thread says.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

#include "core/base/result.h"
#include "core/base/scope_wait.h"

namespace neurofs {

class Reservations;

class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& o) noexcept
      : owner_(std::exchange(o.owner_, nullptr)), bytes_(std::exchange(o.bytes_, 0)) {}
  Reservation& operator=(Reservation&& o) noexcept {
    if (this != &o) {
      release();
      owner_ = std::exchange(o.owner_, nullptr);
      bytes_ = std::exchange(o.bytes_, 0);
    }
    return *this;
  }
  ~Reservation() { release(); }
  void release();
  // `other`, of the same owner or of none, becomes a part of this one.
  void absorb(Reservation other) {
    if (other.owner_ == nullptr) return;
    owner_ = std::exchange(other.owner_, nullptr);
    bytes_ += std::exchange(other.bytes_, 0);
  }
  // Returns a part. Precondition: bytes <= this one's.
  void give_back(uint64_t bytes);
  uint64_t bytes() const { return bytes_; }
  explicit operator bool() const { return owner_ != nullptr; }

 private:
  friend class Reservations;
  Reservation(Reservations* owner, uint64_t bytes) : owner_(owner), bytes_(bytes) {}
  Reservations* owner_ = nullptr;
  uint64_t bytes_ = 0;
};

class Reservations {
 public:
  explicit Reservations(uint64_t capacity) : capacity_(capacity) {}
  uint64_t capacity() const { return capacity_; }

  // Waits its turn. Precondition: bytes <= capacity(). `short_of` is called, without a lock, when it has to wait
  // and from when on nothing is promised to others: for who can return what it holds. What it throws is passed on.
  template <typename ShortOf>
  Result<Reservation> reserve(uint64_t bytes, const ShortOf& short_of) {
    if (Reservation free = try_reserve(bytes, capacity_)) return free;
    ScopeEnd end = ScopeEnd::kNone;
    {
      ScopeWait wait(mutex_, turn_);
      std::unique_lock lock(mutex_);
      const uint64_t ticket = next_ticket_++;
      lock.unlock();
      try {
        short_of();
      } catch (...) {
        leave(ticket);
        throw;
      }
      lock.lock();
      end = wait.wait(lock, [&] { return ticket == serving_ && held_ + bytes <= capacity_; });
      if (end == ScopeEnd::kNone) held_ += bytes;
      leave_locked(ticket);
    }
    turn_.notify_all();
    if (end != ScopeEnd::kNone) return scope_status(end, "memory that other reads hold");
    return Reservation(this, bytes);
  }

  Result<Reservation> reserve(uint64_t bytes) {
    return reserve(bytes, [] {});
  }

  // Empty when it would have to wait, or when more than `limit` would then be held.
  Reservation try_reserve(uint64_t bytes, uint64_t limit) {
    const std::lock_guard lock(mutex_);
    if (serving_ != next_ticket_ || held_ + bytes > limit) return {};
    held_ += bytes;
    return {this, bytes};
  }

 private:
  friend class Reservation;
  void leave(uint64_t ticket) {
    {
      const std::lock_guard lock(mutex_);
      leave_locked(ticket);
    }
    turn_.notify_all();
  }
  // The turn goes on to the next who still waits.
  void leave_locked(uint64_t ticket) {
    if (ticket != serving_) {
      left_.insert(ticket);
      return;
    }
    do {
      ++serving_;
    } while (left_.erase(serving_) > 0);
  }
  void release(uint64_t bytes) {
    bool waiting = false;
    {
      const std::lock_guard lock(mutex_);
      held_ -= bytes;
      waiting = serving_ != next_ticket_;
    }
    if (waiting) turn_.notify_all();
  }

  const uint64_t capacity_;
  std::mutex mutex_;
  std::condition_variable turn_;
  uint64_t held_ = 0;         // guarded by mutex_
  uint64_t next_ticket_ = 0;  // guarded by mutex_
  uint64_t serving_ = 0;      // guarded by mutex_
  std::set<uint64_t> left_;   // guarded by mutex_: tickets of those who gave up before their turn
};

inline void Reservation::release() {
  if (owner_ != nullptr) owner_->release(bytes_);
  owner_ = nullptr;
  bytes_ = 0;
}

inline void Reservation::give_back(uint64_t bytes) {
  if (owner_ == nullptr || bytes == 0) return;
  bytes_ -= bytes;
  owner_->release(bytes);
}

}  // namespace neurofs
