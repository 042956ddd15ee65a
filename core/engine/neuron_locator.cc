#include "core/engine/neuron_locator.h"

namespace neurofs {

NeuronLocator::NeuronLocator(const FieldSpec& spec, const BlockGrid& grid) : grid_(grid) {
  if (spec.neuron_count() == 0 || spec.neuron_size() == 0) return;
  auto expected = static_cast<Index>(item_size(spec.dtype));
  for (size_t axis = spec.shape.size(); axis-- > spec.neuron_axes;) {
    const Index extent = spec.shape[axis];
    if (grid.block_shape()[axis] < extent) return;
    if (extent > 1 && grid.strides()[axis] != expected) return;
    expected *= extent;
  }
  for (size_t axis = 0; axis < spec.neuron_axes; ++axis) {
    extents_.emplace_back(static_cast<uint64_t>(spec.shape[axis]));
  }
  applies_ = true;
  const auto rows = grid.block_shape().empty() ? 1 : static_cast<uint64_t>(grid.block_shape()[0]);
  is_flat_ = spec.neuron_axes == 1 && static_cast<uint64_t>(spec.chunk_shape[0]) % rows == 0 &&
             grid.blocks_per_chunk() == static_cast<uint64_t>(spec.chunk_shape[0]) / rows &&
             (rows == 1 || grid.strides()[0] == expected);
  // A feature axis that is cut into more chunks than one has no whole rows, so applies() is false.
  rows_per_block_ = FastDiv(rows);
  row_size_ = static_cast<uint64_t>(grid.block_shape().empty() ? expected : grid.strides()[0]);
}

}  // namespace neurofs
