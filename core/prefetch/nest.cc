// explain(x):
//   x follows the run, which had ended:            the run is longer than thought
//   x begins the next iteration of level k:        what is below was shorter, k longer than thought
//   all below the top has ended, and x lies along one axis from the origin: a new level
//   the same for a walk of one level, whose run then has the length it has now
//   "begins" allows x to be a few elements into its row

#include "core/prefetch/nest.h"

#include <algorithm>
#include <cstdlib>

namespace neurofs {
namespace {

constexpr int64_t kFarthestRow = 8;      // coordinates from one row to the next
constexpr int64_t kFarthestBlock = 64;   // and from one window or sub-box to the next
constexpr uint64_t kWorthRepeating = 8;  // elements of a run that may be read again from its start

// How many elements x lies beyond `start` in a row with this step, if at most `most`.
bool within_row(int64_t x, int64_t start, int64_t step, uint32_t most, uint32_t* early) {
  const int64_t beyond = x - start;
  if (beyond == 0) {
    *early = 0;
    return true;
  }
  if (step == 0 || beyond % step != 0) return false;
  const int64_t elements = beyond / step;
  if (elements < 0 || elements > static_cast<int64_t>(most)) return false;
  *early = static_cast<uint32_t>(elements);
  return true;
}

// What remains of the levels below k is given up: they are as long as they have come.
void close_below(Odometer* at, size_t k, uint32_t jitter) {
  for (size_t j = 0; j < k; ++j) {
    Odometer::Level& l = at->level(j);
    if (l.ended()) continue;
    // Of the run a few elements may still be on their way.
    if (j == 0 && !l.open() && l.index + jitter >= l.extent) continue;
    l.extent = l.index;
  }
}

bool continue_run(int64_t x, Odometer* at) {
  Odometer::Level& run = at->level(0);
  if (!run.ended() || x != at->position() + at->step()) return false;
  run.extent = 0;
  return true;
}

Explained next_iteration(const GridSteps& grid, int64_t x, uint32_t jitter, Odometer* at) {
  for (size_t k = 1; k < at->levels(); ++k) {
    const int64_t start = at->next_start(k);
    if (std::abs(x - start) > std::abs(at->level(0).step) * jitter || !grid.contains(start))
      continue;
    Odometer moved = *at;
    close_below(&moved, k, jitter);
    moved.begin_iteration(k);
    Explained result;
    if (!within_row(x, start, moved.step(), jitter, &result.early)) continue;
    if (moved.level(k).extent != 0 && moved.level(k).index > moved.level(k).extent)
      moved.level(k).extent = 0;
    result.found = true;
    *at = moved;
    return result;
  }
  return {};
}

// Whether a row may begin at `start` when rows so far began at `origin`.
bool is_next_row(const GridSteps& grid, const Odometer& at, int64_t origin, int64_t start) {
  int64_t distance = 0;
  if (!grid.contains(start)) return false;
  const int axis = grid.only_axis(origin, start, &distance);
  if (axis == GridSteps::kNoAxis) return false;
  if (at.levels() == 1)
    return std::abs(distance) <= kFarthestRow && axis != grid.axis_of_step(at.level(0).step);
  return std::abs(distance) <= kFarthestBlock && start - origin != at.level(at.levels() - 1).step;
}

bool may_turn(const GridSteps& grid, const Odometer& at, int64_t x) {
  int64_t distance = 0;
  const int axis = grid.only_axis(at.position(), x, &distance);
  if (axis == GridSteps::kNoAxis || std::abs(distance) != 1) return false;
  if (at.levels() > 1) return at.level(at.levels() - 1).turns;
  return at.level(0).index >= 3 && axis != grid.axis_of_step(at.level(0).step);
}

Explained new_level(const GridSteps& grid, int64_t x, uint32_t jitter, Odometer* at) {
  const size_t top = at->levels() - 1;
  if (at->level(top).index < 2 || at->levels() == Odometer::kMostLevels) return {};
  for (size_t k = 0; k < top; ++k) {
    const Odometer::Level& l = at->level(k);
    if (!l.ended() && (k > 0 || l.open() || l.index + jitter < l.extent)) return {};
  }
  Explained result{true, true, 0};
  const int64_t origin = at->origin();
  const auto extend = [&](int64_t start, bool turns) {
    if (at->level(top).open() || at->level(top).index != at->level(top).extent)
      at->level(top).extent = at->level(top).index;
    at->add_level(start, turns);
    return result;
  };
  if (x == origin && (top > 0 || at->level(0).index >= kWorthRepeating)) return extend(x, false);
  for (; result.early <= jitter; ++result.early) {
    const int64_t start = x - at->level(0).step * result.early;
    if (is_next_row(grid, *at, origin, start)) return extend(start, false);
  }
  result.early = 0;
  if (may_turn(grid, *at, x)) return extend(x, true);
  return {};
}

}  // namespace

Explained explain(const GridSteps& grid, int64_t block, uint32_t jitter, Odometer* at) {
  if (at->levels() > 1) {
    if (continue_run(block, at)) {
      at->next(grid.block_count());
      return {true, false, 0};
    }
    const Explained next = next_iteration(grid, block, jitter, at);
    if (next.found) {
      at->skip_in_run(next.early, grid.block_count());
      return next;
    }
  }
  const Explained grown = new_level(grid, block, jitter, at);
  if (grown.found) at->skip_in_run(grown.early, grid.block_count());
  return grown;
}

Shape::Shape(const Odometer& walk) : levels_(walk.levels()) {
  for (size_t k = 0; k < levels_; ++k) {
    const Odometer::Level& l = walk.level(k);
    loop_[k] = {l.step, l.open() ? l.index : l.extent, l.turns};
  }
}

Odometer Shape::begin_at(int64_t block) const {
  Odometer walk(block, loop_[0].step, 1);
  walk.level(0).extent = loop_[0].extent;
  for (size_t k = 1; k < levels_; ++k)
    walk.add_known_level(loop_[k].step, loop_[k].extent, loop_[k].turns);
  return walk;
}

}  // namespace neurofs
