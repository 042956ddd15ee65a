// NeuronLocator: from a neuron's number to its block and place there, where one block holds it whole.
//
// Purpose: the arithmetic of the fastest path, a few multiplications per neuron. Pure, thread-safe.
// Applies when feature axes lie whole and in order in one block; otherwise `applies()` is false and
// callers use a RegionReader. Units: bytes for offsets.
#pragma once

#include "core/engine/block_grid.h"

namespace neurofs {

class NeuronLocator {
 public:
  NeuronLocator(const FieldSpec& spec, const BlockGrid& grid);

  bool applies() const { return applies_; }
  // True: block b holds neurons b * rows_per_block() and on, one after another.
  bool is_flat() const { return applies_ && is_flat_; }
  uint64_t rows_per_block() const { return rows_per_block_.divisor(); }

  struct Place {
    uint64_t block;
    Index offset;
  };
  // Precondition: applies(), 0 <= neuron < neuron count.
  [[gnu::always_inline]] Place locate(Index neuron) const {
    if (is_flat_) {
      uint64_t row = 0;
      const uint64_t block = rows_per_block_.divide(static_cast<uint64_t>(neuron), &row);
      return {block, static_cast<Index>(row * row_size_)};
    }
    Place place{0, 0};
    auto rest = static_cast<uint64_t>(neuron);
    for (size_t axis = extents_.size(); axis-- > 0;) {
      uint64_t x = rest;
      if (axis > 0) rest = extents_[axis].divide(rest, &x);
      const BlockGrid::AxisPlace at = grid_.place(axis, static_cast<Index>(x));
      place.block += at.block_share;
      place.offset += at.offset;
    }
    return place;
  }

 private:
  const BlockGrid& grid_;
  boost::container::static_vector<FastDiv, kMaxRank> extents_;
  bool applies_ = false;
  // One neuron axis whose chunks are whole blocks: block numbers count rows.
  bool is_flat_ = false;
  FastDiv rows_per_block_;
  uint64_t row_size_ = 0;
};

}  // namespace neurofs
