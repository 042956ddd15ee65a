#include "core/engine/block_grid.h"

#include <algorithm>

#include "core/base/checked.h"

namespace neurofs {
namespace {

constexpr uint64_t kSmallBlock = 4096;
constexpr uint64_t kSector = 512;  // what O_DIRECT rounds to on most disks
constexpr uint64_t kLargestRow = uint64_t{64} << 10;

bool is_identity(const Dims& axes) {
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] != static_cast<Index>(i)) return false;
  }
  return true;
}

// The most bytes that a block of a raw chunk should have.
uint64_t block_limit(const FieldSpec& spec) {
  if (!is_identity(spec.codecs.stored_axes())) return kSmallBlock;
  uint64_t row = item_size(spec.dtype);
  for (size_t axis = spec.neuron_axes; axis < spec.chunk_shape.size(); ++axis) {
    if (!checked_mul(row, static_cast<uint64_t>(spec.chunk_shape[axis]), &row)) return kLargestRow;
  }
  return std::clamp(row, kSmallBlock, kLargestRow);
}

}  // namespace

Result<BlockGrid> BlockGrid::make(const FieldSpec& spec) {
  BlockGrid g;
  const size_t rank = spec.shape.size();
  const Dims& order = spec.codecs.stored_axes();
  const Dims& chunk = spec.chunk_shape;
  g.block_shape_ = chunk;
  if (spec.codecs.is_raw()) {
    const uint64_t limit = block_limit(spec);
    uint64_t inner = item_size(spec.dtype);
    bool cut = false;
    for (size_t i = rank; i-- > 0;) {
      const auto axis = static_cast<size_t>(order[i]);
      const auto extent = static_cast<uint64_t>(chunk[axis]);
      if (cut) {
        g.block_shape_[axis] = 1;
      } else if (extent > limit / inner) {
        uint64_t rows = std::max<uint64_t>(limit / inner, 1);
        // Blocks that do not end where sectors do straddle one more of them: leave room for it.
        if (limit == kSmallBlock && rows * inner % kSector != 0) {
          rows = std::max<uint64_t>((kSmallBlock - kSector + 1) / inner, 1);
        }
        g.block_shape_[axis] = static_cast<Index>(rows);
        g.cut_extent_ = extent;
        g.cut_block_ = rows;
        g.cut_stride_ = inner;
        cut = true;
      } else {
        inner *= extent;
      }
    }
  }

  g.axes_.resize(rank);
  g.strides_.resize(rank);
  auto stride = static_cast<Index>(item_size(spec.dtype));
  uint64_t weight = 1;
  for (size_t i = rank; i-- > 0;) {
    const auto axis = static_cast<size_t>(order[i]);
    g.strides_[axis] = stride;
    stride *= g.block_shape_[axis];
    g.axes_[axis].chunk = FastDiv(static_cast<uint64_t>(chunk[axis]));
    g.axes_[axis].block = FastDiv(static_cast<uint64_t>(g.block_shape_[axis]));
    g.axes_[axis].sub_weight = weight;
    g.axes_[axis].subs = static_cast<uint64_t>(ceil_div(chunk[axis], g.block_shape_[axis]));
    weight *= g.axes_[axis].subs;
  }
  g.block_size_ = static_cast<uint64_t>(stride);
  g.blocks_per_chunk_ = weight;

  g.chunk_grid_.resize(rank);
  uint64_t count = weight;
  for (size_t axis = rank; axis-- > 0;) {
    // An axis of no elements counts as one chunk, so that numbers can be taken apart.
    g.chunk_grid_[axis] = std::max<Index>(ceil_div(spec.shape[axis], chunk[axis]), 1);
    g.axes_[axis].chunk_weight = count;
    const auto cells = static_cast<uint64_t>(g.chunk_grid_[axis]);
    if (!checked_mul(count, cells, &count) || count > static_cast<uint64_t>(INT64_MAX)) {
      return overflow("shape " + to_string(spec.shape) + " in chunks of " + to_string(chunk) +
                      " has more than 2^63 - 1 blocks; larger chunks are needed");
    }
  }
  g.block_count_ = count;
  g.index_grid_.resize(rank);
  for (size_t axis = 0; axis < rank; ++axis) {
    // At most block_count(), which fits.
    g.index_grid_[axis] = g.chunk_grid_[axis] * static_cast<Index>(g.axes_[axis].subs);
  }
  g.in_index_order_ = g.has_index_order();
  return g;
}

bool BlockGrid::has_index_order() const {
  uint64_t weight = 1;
  for (size_t axis = axes_.size(); axis-- > 0;) {
    const Axis& a = axes_[axis];
    if (a.subs > 1 && a.sub_weight != weight) return false;
    weight *= a.subs;
    if (chunk_grid_[axis] > 1) {
      if (a.chunk_weight != weight) return false;
      weight *= static_cast<uint64_t>(chunk_grid_[axis]);
    }
  }
  return true;
}

uint64_t BlockGrid::find_index(uint64_t block) const {
  uint64_t chunk = block / blocks_per_chunk_;
  const uint64_t sub = block % blocks_per_chunk_;
  uint64_t index = 0;
  uint64_t weight = 1;
  for (size_t axis = axes_.size(); axis-- > 0;) {
    const Axis& a = axes_[axis];
    const auto cells = static_cast<uint64_t>(chunk_grid_[axis]);
    index += (chunk % cells * a.subs + sub / a.sub_weight % a.subs) * weight;
    chunk /= cells;
    weight *= cells * a.subs;
  }
  return index;
}

uint64_t BlockGrid::find_block(uint64_t index) const {
  uint64_t block = 0;
  for (size_t axis = axes_.size(); axis-- > 0;) {
    const Axis& a = axes_[axis];
    const auto cells = static_cast<uint64_t>(chunk_grid_[axis]);
    const uint64_t at = index % (cells * a.subs);
    block += at / a.subs * a.chunk_weight + at % a.subs * a.sub_weight;
    index /= cells * a.subs;
  }
  return block;
}

Dims BlockGrid::chunk_of(uint64_t block) const {
  uint64_t chunk = block / blocks_per_chunk_;
  Dims at(chunk_grid_.size());
  for (size_t axis = at.size(); axis-- > 0;) {
    const auto cells = static_cast<uint64_t>(chunk_grid_[axis]);
    at[axis] = static_cast<Index>(chunk % cells);
    chunk /= cells;
  }
  return at;
}

Box BlockGrid::box_of(uint64_t block) const {
  Box box{.lo = chunk_of(block), .shape = Dims(axes_.size())};
  const uint64_t sub = block % blocks_per_chunk_;
  for (size_t axis = 0; axis < axes_.size(); ++axis) {
    const Axis& a = axes_[axis];
    const auto chunk = static_cast<Index>(a.chunk.divisor());
    const auto first = static_cast<Index>(sub / a.sub_weight % a.subs * a.block.divisor());
    box.lo[axis] = box.lo[axis] * chunk + first;
    box.shape[axis] = std::min(static_cast<Index>(a.block.divisor()), chunk - first);
  }
  return box;
}

ByteRange BlockGrid::part_of_chunk(uint64_t block) const {
  const uint64_t sub = block % blocks_per_chunk_;
  if (cut_stride_ == 0) return {0, block_size_};
  // Blocks lie one after another in stored order; along the cut axis the last of each run is short.
  const uint64_t per_run = ceil_div(cut_extent_, cut_block_);
  const uint64_t run = sub / per_run;
  const uint64_t begin = (sub % per_run) * cut_block_;
  const uint64_t rows = std::min(cut_block_, cut_extent_ - begin);
  return {(run * cut_extent_ + begin) * cut_stride_, rows * cut_stride_};
}

}  // namespace neurofs
