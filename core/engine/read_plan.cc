#include "core/engine/read_plan.h"

#include <algorithm>

namespace neurofs {

Dims source_strides(const BlockGrid& grid, const Region& region) {
  Dims strides(region.axes.size());
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    // A step across more than a block never repeats within it, so its product is not needed.
    Index product = 0;
    if (__builtin_mul_overflow(grid.strides()[axis], region.axes[axis].step, &product)) product = 0;
    strides[axis] = product;
  }
  return strides;
}

PieceCursor::PieceCursor(const BlockGrid& grid, const Region& region, const Box& box, size_t item)
    : grid_(grid),
      region_(region),
      box_(box),
      dst_strides_(c_order_strides(box.shape, static_cast<Index>(item))),
      segments_(box.shape.size()) {
  piece_.shape.resize(box.shape.size());
  restart(0);
}

void PieceCursor::restart(Index dst_base) {
  done_ = box_.empty();
  if (done_) return;
  piece_.block = 0;
  piece_.src_offset = 0;
  piece_.dst_offset = dst_base;
  for (size_t axis = 0; axis < segments_.size(); ++axis) {
    segments_[axis] = {};
    enter(axis);
  }
}

void PieceCursor::enter(size_t axis) {
  Segment& s = segments_[axis];
  const AxisSlice& slice = region_.axes[axis];
  const Index x = slice.start + (box_.lo[axis] + s.position) * slice.step;
  const BlockGrid::AxisPlace place = grid_.place(axis, x);
  const Index room = slice.step > 0 ? (place.after - 1) / slice.step : place.before / -slice.step;
  const Index count = std::min(box_.shape[axis] - s.position, room + 1);

  // The piece is the sum of its axes' shares: exchange the old share for the new one.
  piece_.block += place.block_share - s.block_share;
  piece_.src_offset += place.offset - s.src;
  const Index dst = s.position * dst_strides_[axis];
  piece_.dst_offset += dst - s.dst;
  piece_.shape[axis] = count;
  s.block_share = place.block_share;
  s.src = place.offset;
  s.dst = dst;
}

void PieceCursor::next() {
  for (size_t axis = segments_.size(); axis-- > 0;) {
    Segment& s = segments_[axis];
    s.position += piece_.shape[axis];
    if (s.position < box_.shape[axis]) {
      enter(axis);
      return;
    }
    s.position = 0;
    enter(axis);
  }
  done_ = true;
}

}  // namespace neurofs
