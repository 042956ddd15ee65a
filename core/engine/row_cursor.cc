// RowCursor:
//   per row of the box: its position in the order, by the region's starts and steps
//   position -> neuron, asked for several neighbours at once -> its indexes along the field's neuron axes
//   then the pieces of that neuron's features
#include "core/engine/row_cursor.h"

#include <algorithm>

namespace neurofs {

Dims ordered_shape(const FieldSpec& spec, const NeuronOrder& order) {
  if (order.keeps_shape()) return spec.shape;
  Dims shape{order.size()};
  for (const Index extent : spec.feature_shape()) shape.push_back(extent);
  return shape;
}

OrderedRegion::OrderedRegion(const FieldSpec& spec, const Region& region,
                             std::shared_ptr<const NeuronOrder> neuron_order)
    : order(std::move(neuron_order)),
      shown(region),
      shown_axes(order->keeps_shape() ? spec.neuron_axes : 1),
      shown_strides(
          c_order_strides(order->keeps_shape() ? spec.neuron_shape() : Dims{order->size()})),
      neuron_shape(spec.neuron_shape()) {
  stored.axes.resize(spec.neuron_axes, {.start = 0, .count = 1, .step = 1, .drop = true});
  stored.axes.insert(stored.axes.end(),
                     shown.axes.begin() + static_cast<std::ptrdiff_t>(shown_axes),
                     shown.axes.end());
}

Box box_of_row(const OrderedRegion& region, const Box& box) {
  Box row{.lo = Dims(region.neuron_shape.size(), 0), .shape = Dims(region.neuron_shape.size(), 1)};
  for (size_t axis = region.shown_axes; axis < box.shape.size(); ++axis) {
    row.lo.push_back(box.lo[axis]);
    row.shape.push_back(box.shape[axis]);
  }
  return row;
}

RowCursor::RowCursor(const BlockGrid& grid, const OrderedRegion& region, const Box& box,
                     size_t item)
    : region_(region),
      box_(box),
      row_bytes_(static_cast<Index>(item)),
      stored_(region.stored),
      row_box_(box_of_row(region, box)),
      pieces_(grid, stored_, row_box_, item) {
  for (size_t axis = 0; axis < box.shape.size(); ++axis) {
    (axis < region.shown_axes ? rows_ : row_bytes_) *= box.shape[axis];
  }
  if (box.empty()) rows_ = 0;
  if (rows_ > 0) enter_row();
}

Index RowCursor::position_of_row(Index row) const {
  Index position = 0;
  for (size_t axis = region_.shown_axes; axis-- > 0;) {
    const Index inside = axis == 0 ? row : row % box_.shape[axis];
    row /= box_.shape[axis];
    const AxisSlice& slice = region_.shown.axes[axis];
    position += (slice.start + (box_.lo[axis] + inside) * slice.step) * region_.shown_strides[axis];
  }
  return position;
}

Index RowCursor::next_neuron() {
  if (ahead_used_ == ahead_size_) {
    const size_t last = region_.shown_axes - 1;
    const Index in_line = box_.shape[last] - row_ % box_.shape[last];
    const bool neighbours = region_.shown.axes[last].step == 1;
    ahead_size_ = neighbours ? static_cast<size_t>(std::min<Index>(in_line, kAhead)) : 1;
    ahead_used_ = 0;
    region_.order->fill(position_of_row(row_), std::span(ahead_).first(ahead_size_));
  }
  return ahead_[ahead_used_++];
}

void RowCursor::enter_row() {
  Index neuron = next_neuron();
  for (size_t axis = region_.neuron_shape.size(); axis-- > 0;) {
    const Index extent = region_.neuron_shape[axis];
    stored_.axes[axis].start = axis == 0 ? neuron : neuron % extent;
    neuron /= extent;
  }
  pieces_.restart(row_ * row_bytes_);
}

}  // namespace neurofs
