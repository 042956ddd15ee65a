#include "core/engine/ordered_rows.h"

#include <algorithm>
#include <array>

namespace neurofs {

std::unique_ptr<const OrderedRows> OrderedRows::make(const FieldSpec& spec, const BlockGrid& grid,
                                                     std::shared_ptr<const OrderedRegion> region) {
  std::unique_ptr<OrderedRows> rows(new OrderedRows(spec, grid, std::move(region)));
  if (rows->parts_.empty() || rows->parts_.size() > kMostParts) return nullptr;
  return rows;
}

OrderedRows::OrderedRows(const FieldSpec& spec, const BlockGrid& grid,
                         std::shared_ptr<const OrderedRegion> shared_region)
    : grid_(grid),
      shared_region_(std::move(shared_region)),
      region_(*shared_region_),
      in_line_(region_.shown_axes == 1 && region_.shown.axes.front().step == 1) {
  for (size_t axis = 0; axis < region_.shown_axes; ++axis) size_ *= region_.shown.axes[axis].count;
  for (size_t axis = 0; axis < spec.neuron_axes; ++axis) {
    is_shared_ = is_shared_ || grid.block_shape()[axis] > 1;
  }
  if (size_ > 0) find_parts();
}

// A block's number is the sum of its axes' shares: those of the feature axes are the same for all neurons.
void OrderedRows::find_parts() {
  const Region region = region_.stored;  // neuron 0
  const Box whole{.lo = Dims(region.axes.size(), 0), .shape = region.full_shape()};
  const uint64_t neuron = share_of_neuron(0);
  for (PieceCursor at(grid_, region, whole, 1); !at.done(); at.next()) {
    const uint64_t part = at.piece().block - neuron;
    if (parts_.empty() || parts_.back() != part) parts_.push_back(part);
    if (parts_.size() > kMostParts) return;
  }
  std::sort(parts_.begin(), parts_.end());
  parts_.erase(std::unique(parts_.begin(), parts_.end()), parts_.end());
}

uint64_t OrderedRows::share_of_neuron(Index neuron) const {
  uint64_t share = 0;
  for (size_t axis = region_.neuron_shape.size(); axis-- > 0;) {
    const Index extent = region_.neuron_shape[axis];
    share += grid_.place(axis, axis == 0 ? neuron : neuron % extent).block_share;
    if (axis > 0) neuron /= extent;
  }
  return share;
}

Index OrderedRows::position_of_row(Index row) const {
  Index position = 0;
  for (size_t axis = region_.shown_axes; axis-- > 0;) {
    const AxisSlice& slice = region_.shown.axes[axis];
    const Index inside = axis == 0 ? row : row % slice.count;
    if (axis > 0) row /= slice.count;
    position += (slice.start + inside * slice.step) * region_.shown_strides[axis];
  }
  return position;
}

Index OrderedRows::row_of_position(Index position) const {
  Index row = 0;
  for (size_t axis = 0; axis < region_.shown_axes; ++axis) {
    const AxisSlice& slice = region_.shown.axes[axis];
    const Index at = position / region_.shown_strides[axis] - slice.start;
    position %= region_.shown_strides[axis];
    if (at % slice.step != 0) return kNever;
    const Index inside = at / slice.step;
    if (inside < 0 || inside >= slice.count) return kNever;
    row = row * slice.count + inside;
  }
  return row;
}

void OrderedRows::add_blocks(Index first, Index last, std::vector<uint64_t>* blocks) const {
  std::array<Index, 64> neurons;
  while (first < last) {
    const Index count = in_line_ ? std::min<Index>(last - first, std::ssize(neurons)) : 1;
    const auto filled = std::span(neurons).first(static_cast<size_t>(count));
    region_.order->fill(position_of_row(first), filled);
    for (const Index neuron : filled) {
      const uint64_t share = share_of_neuron(neuron);
      for (const uint64_t part : parts_) blocks->push_back(share + part);
    }
    first += count;
  }
}

// A selection is sorted when it is first asked where a neuron stands.
void OrderedRows::prepare() const {
  if (is_shared_) region_.order->position_of(0);
}

Index OrderedRows::next_use(uint64_t block, Index from) const {
  if (!is_shared_) return kNever;  // its one neuron has been read
  Box box = grid_.box_of(block);
  Index count = 1;
  for (size_t axis = 0; axis < region_.neuron_shape.size(); ++axis) {
    box.shape[axis] = std::min(box.shape[axis], region_.neuron_shape[axis] - box.lo[axis]);
    count *= box.shape[axis];
  }
  Index next = kNever;
  const Index step = std::max<Index>(count / kMostAsked, 1);
  for (Index i = 0; i < count; i += step) {
    Index rest = i;
    Index neuron = 0;
    Index weight = 1;
    for (size_t axis = region_.neuron_shape.size(); axis-- > 0;) {
      neuron += (box.lo[axis] + rest % box.shape[axis]) * weight;
      rest /= box.shape[axis];
      weight *= region_.neuron_shape[axis];
    }
    const std::optional<Index> position = region_.order->position_of(neuron);
    if (!position) continue;
    const Index row = row_of_position(*position);
    if (row >= from && row < next) next = row;
  }
  return next;
}

Index OrderedRows::group_end(Index position) const {
  if (!in_line_) return kNever;
  const Index start = region_.shown.axes.front().start;
  const Index end = region_.order->window_end(position + start);
  return end == std::numeric_limits<Index>::max() ? kNever : std::min(end - start, size_);
}

}  // namespace neurofs
