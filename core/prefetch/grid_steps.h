// GridSteps: the geometry of a field's blocks, as far as a predictor asks about it.
//
// Purpose: which steps between block numbers mean something: along one axis of the grid. A step that
// changes one coordinate, and no other, is a likely move of a walk through a sub-box; by chance it is
// rare. Axes of one block are left out; beyond kMostAxes the slowest axes count as one.
// Thread-safety: immutable. Units: blocks. Errors: none; a grid that does not match the number of
// blocks counts as one axis.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/geometry/shape.h"

namespace neurofs {

class GridSteps {
 public:
  static constexpr size_t kMostAxes = 8;
  static constexpr int kNoAxis = -1;

  GridSteps(const Dims& grid, uint64_t block_count);

  int64_t block_count() const { return block_count_; }
  bool contains(int64_t block) const { return block >= 0 && block < block_count_; }

  // The distance of two neighbours along some axis, in either direction.
  bool is_stride(int64_t step) const {
    const int64_t size = std::abs(step);
    for (size_t i = 0; i < axes_; ++i) {
      if (stride_[i] == size) return true;
    }
    return false;
  }

  // The only axis (0 is the fastest) along which the blocks differ, or kNoAxis; `distance` is by how
  // much. Both blocks lie in the field.
  int only_axis(int64_t from, int64_t to, int64_t* distance) const;

  // The axis that a step between neighbouring elements of a walk moves along, the fastest if it
  // moves along several.
  int axis_of_step(int64_t step) const;

 private:
  size_t axis_for(int64_t size) const;

  size_t axes_ = 0;
  std::array<int64_t, kMostAxes> extent_{};  // fastest first
  std::array<int64_t, kMostAxes> stride_{};
  int64_t block_count_ = 0;
};

}  // namespace neurofs
