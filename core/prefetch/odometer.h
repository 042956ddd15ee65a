// Odometer: a walk as nested loops over block numbers.
//
// Purpose: one form for a sequence, a stride, and any walk of an N-D sub-box: C and F order, steps,
// windows that slide, back and forth (boustrophedon). Level 0 is the run; level k repeats the levels
// below it, `step` further each time. A turning level (`turns`) goes on from where the levels below it
// ended, and reverses them. A level without an extent goes on for ever, so those above it wait.
// Thread-safety: plain value. Units: blocks. Errors: none; the walk ends where it would leave the
// field.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace neurofs {

class Odometer {
 public:
  static constexpr size_t kMostLevels = 12;

  struct Level {
    int64_t step = 0;
    int64_t start = 0;      // where its present iteration began
    uint64_t index = 1;     // of that iteration, from 1
    uint64_t extent = 0;    // iterations, 0: not known
    uint16_t reversed = 0;  // levels that ran backward when the iteration began, a bit each
    bool turns = false;
    bool open() const { return extent == 0; }
    bool ended() const { return extent != 0 && index >= extent; }
  };

  Odometer() = default;
  // Stands on the last of `count` elements of a run.
  Odometer(int64_t position, int64_t step, uint64_t count);

  int64_t position() const { return position_; }
  int64_t origin() const { return origin_; }  // where it all began
  size_t levels() const { return levels_; }
  Level& level(size_t k) { return level_[k]; }
  const Level& level(size_t k) const { return level_[k]; }
  // The run's step in its present direction.
  int64_t step() const { return signed_step(0); }
  int64_t signed_step(size_t k) const {
    return (reversed_ >> k & 1) != 0 ? -level_[k].step : level_[k].step;
  }

  // Moves to the next element; false at the end, or at the edge of [0, block_count).
  bool next(int64_t block_count);
  // Moves by up to `count` elements within the present run, as far as it goes on.
  uint64_t skip_in_run(uint64_t count, int64_t block_count);
  // All levels but the topmost have come to their end.
  bool at_end_below_top() const;
  // Nothing follows.
  bool complete() const;

  // Where the next iteration of level k begins (k >= 1), whatever the levels below have done.
  int64_t next_start(size_t k) const {
    const Level& l = level_[k];
    return (l.turns ? position_ : l.start) + signed_step(k);
  }
  // Begins the next iteration of level k >= 1 at next_start(k).
  void begin_iteration(size_t k);
  // The levels so far repeat from `start` on: a new level on top, in its second iteration.
  void add_level(int64_t start, bool turns);
  // A level for a walk that begins: in its first iteration.
  void add_known_level(int64_t step, uint64_t extent, bool turns);

 private:
  int64_t position_ = 0;
  int64_t origin_ = 0;
  size_t levels_ = 1;
  uint16_t reversed_ = 0;  // levels that run backward now
  std::array<Level, kMostLevels> level_{};
};

}  // namespace neurofs
