#include "fs/field_use.h"

#include <utility>

namespace neurofs {

void FieldUse::use(size_t field) {
  if (states_[field].exchange(State::kUsed) != State::kAsleep) return;
  const std::lock_guard lock(mutex_);
  if (woken_) woken_();
}

bool FieldUse::take(size_t field) {
  State used = State::kUsed;
  if (states_[field].compare_exchange_strong(used, State::kQuiet)) return true;
  State quiet = State::kQuiet;
  // One that is used in between has its turn the next time.
  states_[field].compare_exchange_strong(quiet, State::kAsleep);
  return false;
}

void FieldUse::on_wake(std::function<void()> woken) {
  const std::lock_guard lock(mutex_);
  woken_ = std::move(woken);
}

}  // namespace neurofs
