// next():
//   for each level from the run up:
//     if it may go on: move by its step (from where its iteration began, or, turning, from here),
//       begin the levels below anew, and stop
//   nothing may go on: the walk has ended

#include "core/prefetch/odometer.h"

#include <algorithm>

namespace neurofs {

Odometer::Odometer(int64_t position, int64_t step, uint64_t count)
    : position_(position), origin_(position - step * static_cast<int64_t>(count - 1)) {
  level_[0].step = step;
  level_[0].start = origin_;
  level_[0].index = count;
}

bool Odometer::next(int64_t block_count) {
  for (size_t k = 0; k < levels_; ++k) {
    if (level_[k].ended()) continue;
    const int64_t to = k == 0 ? position_ + signed_step(0) : next_start(k);
    if (to < 0 || to >= block_count) return false;
    if (k == 0) {
      position_ = to;
      ++level_[0].index;
    } else {
      begin_iteration(k);
    }
    return true;
  }
  return false;
}

uint64_t Odometer::skip_in_run(uint64_t count, int64_t block_count) {
  const int64_t step = signed_step(0);
  const auto room = static_cast<uint64_t>(step > 0 ? (block_count - 1 - position_) / step
                                                   : position_ / std::max<int64_t>(-step, 1));
  Level& run = level_[0];
  uint64_t moved = std::min(count, room);
  if (!run.open()) moved = std::min(moved, run.extent - std::min(run.extent, run.index));
  position_ += step * static_cast<int64_t>(moved);
  run.index += moved;
  return moved;
}

bool Odometer::at_end_below_top() const {
  for (size_t k = 0; k + 1 < levels_; ++k) {
    if (!level_[k].ended()) return false;
  }
  return true;
}

bool Odometer::complete() const {
  return at_end_below_top() && level_[levels_ - 1].ended();
}

void Odometer::begin_iteration(size_t k) {
  const auto below = static_cast<uint16_t>((1U << k) - 1);
  position_ = next_start(k);
  Level& l = level_[k];
  if (l.turns) {
    reversed_ = static_cast<uint16_t>(reversed_ ^ below);
    l.reversed = reversed_;
  } else {
    reversed_ = static_cast<uint16_t>((reversed_ & ~below) | (l.reversed & below));
  }
  l.start = position_;
  ++l.index;
  for (size_t j = 0; j < k; ++j) {
    level_[j].start = position_;
    level_[j].index = 1;
    level_[j].reversed = reversed_;
  }
}

void Odometer::add_level(int64_t start, bool turns) {
  if (levels_ == kMostLevels) return;
  Level& top = level_[levels_];
  top = Level();
  top.turns = turns;
  top.step = start - (turns ? position_ : origin_);
  top.start = origin_;
  ++levels_;
  begin_iteration(levels_ - 1);
}

void Odometer::add_known_level(int64_t step, uint64_t extent, bool turns) {
  if (levels_ == kMostLevels) return;
  Level& top = level_[levels_++];
  top = Level();
  top.step = step;
  top.start = position_;
  top.extent = extent;
  top.turns = turns;
}

}  // namespace neurofs
