#include "core/base/cancellation.h"

#include <algorithm>
#include <utility>

namespace neurofs {
namespace {

thread_local const ReadScope* innermost = nullptr;

}  // namespace

void Cancellation::cancel() {
  const std::lock_guard lock(mutex_);
  if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
  for (const Callback& call : callbacks_) call();
}

Cancellation::Watch::Watch(Cancellation* cancellation, Callback called)
    : cancellation_(cancellation) {
  if (cancellation_ == nullptr) return;
  const std::lock_guard lock(cancellation_->mutex_);
  at_ = cancellation_->callbacks_.insert(cancellation_->callbacks_.end(), std::move(called));
  if (cancellation_->cancelled()) (*at_)();
}

Cancellation::Watch::~Watch() {
  if (cancellation_ == nullptr) return;
  const std::lock_guard lock(cancellation_->mutex_);
  cancellation_->callbacks_.erase(at_);
}

ReadScope::ReadScope(Cancellation* cancellation, Clock::time_point deadline)
    : cancellation_(cancellation),
      outer_(innermost),
      deadline_(outer_ == nullptr ? deadline : std::min(deadline, outer_->deadline_)) {
  innermost = this;
}

ReadScope::~ReadScope() {
  innermost = outer_;
}

const ReadScope* ReadScope::current() {
  return innermost;
}

}  // namespace neurofs
