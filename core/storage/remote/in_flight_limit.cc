#include "core/storage/remote/in_flight_limit.h"

#include <algorithm>

namespace neurofs {

InFlightLimit::InFlightLimit(unsigned cap) : cap_(std::max(cap, 1U)), limit_(cap_) {}

bool InFlightLimit::try_enter() {
  const std::lock_guard lock(mutex_);
  if (running_ >= limit_ || !queue_.empty()) return false;
  ++running_;
  return true;
}

bool InFlightLimit::enter(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  if (running_ < limit_ && queue_.empty()) {
    ++running_;
    return true;
  }
  queue_.push_back(&waiter);
  return false;
}

bool InFlightLimit::withdraw(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  return queue_.remove(&waiter) != 0;
}

bool InFlightLimit::leave(Answer answer, const Waiter* own) {
  const std::lock_guard lock(mutex_);
  bool own_admitted = false;
  --running_;
  learn(answer);
  while (running_ < limit_ && !queue_.empty()) {
    Waiter* const next = queue_.front();
    queue_.pop_front();
    ++running_;
    if (next == own) {
      own_admitted = true;
    } else {
      next->admitted();
    }
  }
  return own_admitted;
}

void InFlightLimit::learn(Answer answer) {
  if (deaf_ > 0) {
    --deaf_;
    return;
  }
  if (answer == Answer::kSlowDown) {
    limit_ = std::max(limit_ / 2, 1U);
    deaf_ = running_;
    served_ = 0;
  } else if (answer == Answer::kServed && limit_ < cap_ && ++served_ >= limit_) {
    ++limit_;
    served_ = 0;
  }
}

unsigned InFlightLimit::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

unsigned InFlightLimit::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

}  // namespace neurofs
