#include "fs/push_plan.h"

namespace neurofs {

std::optional<PushPlan::Batch> PushPlan::observe(uint64_t number, uint64_t files) {
  if (silent_ > 0) {
    --silent_;
    return std::nullopt;
  }
  if (walking_) {
    if (const auto at = place(number)) {
      heard_ = *at;
      const int64_t batch = *at / kBatch;
      if (batch >= kLead && batch <= pushed_ && *at % kBatch != 0) ++in_vain_;
      if (batch + kLead <= pushed_) return std::nullopt;
      judge();
      return walking_ ? next_batch(batch + kLead, files) : std::nullopt;
    }
    stop(0);
  }
  const auto step = static_cast<int64_t>(number - last_);
  last_ = number;
  equal_ = step == step_ && step != 0 ? equal_ + 1 : 0;
  step_ = step;
  if (equal_ < kConfirmed) return std::nullopt;
  walking_ = true;
  origin_ = number;
  heard_ = pushed_ = 0;
  return next_batch(kLead, files);
}

bool PushPlan::is_ahead(uint64_t number) const {
  if (!walking_) return false;
  const auto at = place(number);
  return at && *at >= heard_ + kBatch;
}

// The number's place in the walk, counted from its origin; nothing when it is no further step of it.
std::optional<int64_t> PushPlan::place(uint64_t number) const {
  const auto distance = static_cast<int64_t>(number - origin_);
  if (distance % step_ != 0) return std::nullopt;
  const int64_t at = distance / step_;
  if (at < 0 || at >= (pushed_ + kLead + 1) * kBatch) return std::nullopt;
  return at;
}

std::optional<PushPlan::Batch> PushPlan::next_batch(int64_t batch, uint64_t files) {
  int64_t offset = 0;
  int64_t last = 0;
  if (__builtin_mul_overflow(batch * kBatch + 1, step_, &offset) ||
      __builtin_mul_overflow(batch * kBatch + kBatch - 1, step_, &last)) {
    return std::nullopt;
  }
  // Past either end of the files a number is too large, as an unsigned one.
  if (origin_ + static_cast<uint64_t>(last) >= files ||
      origin_ + static_cast<uint64_t>(offset) >= files) {
    return std::nullopt;
  }
  pushed_ = batch;
  return Batch{origin_ + static_cast<uint64_t>(offset), step_, kBatch - 1};
}

void PushPlan::refused(int64_t count) {
  in_vain_ += count;
}

void PushPlan::judge() {
  if (pushed_ == 0) return;
  strikes_ = in_vain_ >= kBatch / 2 ? strikes_ + 1 : 0;
  in_vain_ = 0;
  if (strikes_ >= kStrikes) stop(kSilentReads);
}

void PushPlan::stop(unsigned silent) {
  walking_ = false;
  equal_ = 0;
  silent_ = silent;
  if (silent > 0) strikes_ = 0;
  in_vain_ = 0;
}

}  // namespace neurofs
