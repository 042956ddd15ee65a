#include "core/prefetch/grid_steps.h"

#include <algorithm>

namespace neurofs {
namespace {

// Sums and differences of two block numbers stay within int64.
constexpr uint64_t kMostBlocks = uint64_t{1} << 61;

bool matches(const Dims& grid, uint64_t block_count) {
  if (grid.empty() || std::any_of(grid.begin(), grid.end(), [](Index n) { return n <= 0; }))
    return false;
  const auto count = element_count(grid);
  return count.ok() && static_cast<uint64_t>(*count) == block_count;
}

}  // namespace

GridSteps::GridSteps(const Dims& grid, uint64_t block_count)
    : block_count_(static_cast<int64_t>(std::min(block_count, kMostBlocks))) {
  int64_t stride = 1;
  if (matches(grid, block_count) && block_count <= kMostBlocks) {
    for (size_t axis = grid.size(); axis-- > 0 && axes_ + 1 < kMostAxes;) {
      if (grid[axis] == 1) continue;
      extent_[axes_] = grid[axis];
      stride_[axes_++] = stride;
      stride *= grid[axis];
    }
  }
  if (axes_ == 0 || stride < block_count_) {
    extent_[axes_] = std::max<int64_t>(block_count_ / stride, 1);
    stride_[axes_++] = stride;
  }
}

// Neighbours along axis i are stride(i) apart, and less than stride(i + 1): so the size of a step
// leaves one axis that it can be along.
size_t GridSteps::axis_for(int64_t size) const {
  size_t i = axes_ - 1;
  while (i > 0 && size < stride_[i]) --i;
  return i;
}

int GridSteps::only_axis(int64_t from, int64_t to, int64_t* distance) const {
  const int64_t step = to - from;
  const size_t i = axis_for(std::abs(step));
  if (step == 0 || step % stride_[i] != 0) return kNoAxis;
  const int64_t along = step / stride_[i];
  const int64_t place = from / stride_[i] % extent_[i];
  // Else the step carries over into a slower axis.
  if (place + along < 0 || place + along >= extent_[i]) return kNoAxis;
  *distance = along;
  return static_cast<int>(i);
}

int GridSteps::axis_of_step(int64_t step) const {
  const size_t i = axis_for(std::abs(step));
  return step % stride_[i] == 0 ? static_cast<int>(i) : 0;
}

}  // namespace neurofs
