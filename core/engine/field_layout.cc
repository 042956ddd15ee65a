#include "core/engine/field_layout.h"

#include <algorithm>

#include "core/base/checked.h"

namespace neurofs {
namespace {

constexpr Index kPage = 4096;
constexpr Index kChunkTarget = Index{1} << 20;
constexpr Index kChunkLimit = Index{4} << 20;  // how far alignment may go past the target
constexpr Index kWholeNeuronLimit = Index{16} << 20;
constexpr Index kShardTarget = Index{1} << 30;
constexpr Index kCompressedShardTarget = Index{64} << 20;

struct AxisRange {
  size_t begin;
  size_t end;
};

// The axis of `range` that is shortest in `extent` and may still double below `limit`.
size_t shortest_axis(const Dims& extent, const Dims& limit, AxisRange range) {
  size_t best = range.end;
  for (size_t axis = range.begin; axis < range.end; ++axis) {
    if (extent[axis] >= limit[axis]) continue;
    if (best == range.end || extent[axis] < extent[best]) best = axis;
  }
  return best;
}

// At least 1 on every axis: an empty field has chunks too.
Dims at_least_one(Dims shape) {
  for (Index& n : shape) n = std::max<Index>(n, 1);
  return shape;
}

// Saturates; every target is far below.
Index bytes_of(const Dims& extent, Index item) {
  Index bytes = item;
  for (const Index n : extent) {
    if (!checked_mul(bytes, n, &bytes)) return INT64_MAX;
  }
  return bytes;
}

Dims default_chunk(const LayoutRequest& request) {
  const Dims shape = at_least_one(request.shape);
  const auto item = static_cast<Index>(request.item_size);
  const Dims feature_shape(shape.begin() + static_cast<Index>(request.neuron_axes), shape.end());
  const bool whole_neurons = bytes_of(feature_shape, item) <= kWholeNeuronLimit;
  const AxisRange growing = whole_neurons ? AxisRange{0, request.neuron_axes}
                                          : AxisRange{request.neuron_axes, shape.size()};
  Dims chunk = shape;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const bool whole = whole_neurons && axis >= request.neuron_axes;
    if (!whole) chunk[axis] = 1;
  }
  for (Index bytes = bytes_of(chunk, item);; bytes = bytes_of(chunk, item)) {
    const size_t axis = shortest_axis(chunk, shape, growing);
    const Index limit = bytes % kPage == 0 ? kChunkTarget : kChunkLimit;
    if (axis == growing.end || bytes > limit / 2) return chunk;
    chunk[axis] = std::min(2 * chunk[axis], shape[axis]);
  }
}

Dims default_shard(const LayoutRequest& request, const Dims& chunk) {
  const Index target = request.compressed ? kCompressedShardTarget : kShardTarget;
  const auto item = static_cast<Index>(request.item_size);
  Dims grid;  // chunks of the whole field
  for (size_t axis = 0; axis < chunk.size(); ++axis) {
    grid.push_back(ceil_div(std::max<Index>(request.shape[axis], 1), chunk[axis]));
  }
  const Index chunk_bytes = bytes_of(chunk, item);
  Dims chunks(chunk.size(), 1);
  while (bytes_of(chunks, chunk_bytes) <= target / 2) {
    const size_t axis = shortest_axis(chunks, grid, {0, chunks.size()});
    if (axis == chunks.size()) break;
    chunks[axis] = std::min(2 * chunks[axis], grid[axis]);
  }
  for (size_t axis = 0; axis < chunk.size(); ++axis) chunks[axis] *= chunk[axis];
  return chunks;
}

// The default chunk, shortened until it divides the shard that was asked for.
void fit_into(const Dims& shard, Dims* chunk) {
  for (size_t axis = 0; axis < shard.size(); ++axis) {
    Index& n = (*chunk)[axis];
    n = std::min(n, shard[axis]);
    while (n > kChunkLimit && shard[axis] % n != 0) n /= 2;
    while (shard[axis] % n != 0) --n;
  }
}

Status check_given(const Dims& given, const char* name, const Dims& shape) {
  if (given.empty()) return {};
  if (given.size() != shape.size()) {
    return invalid_argument(std::string(name) + " shape " + to_string(given) + " has " +
                            std::to_string(given.size()) + " axes, the field's shape " +
                            to_string(shape) + " has " + std::to_string(shape.size()));
  }
  for (const Index n : given) {
    if (n < 1)
      return invalid_argument(std::string(name) + " shape " + to_string(given) +
                              " must be at least 1 on every axis");
  }
  return {};
}

}  // namespace

Result<FieldLayout> choose_layout(const LayoutRequest& request) {
  NF_TRY(element_count(request.shape));
  NF_TRY(check_given(request.chunk_shape, "chunk", request.shape));
  NF_TRY(check_given(request.shard_shape, "shard", request.shape));
  FieldLayout layout{request.chunk_shape, request.shard_shape};
  if (layout.chunk_shape.empty()) {
    layout.chunk_shape = default_chunk(request);
    if (!layout.shard_shape.empty()) fit_into(layout.shard_shape, &layout.chunk_shape);
  }
  if (layout.shard_shape.empty()) layout.shard_shape = default_shard(request, layout.chunk_shape);
  for (size_t axis = 0; axis < request.shape.size(); ++axis) {
    if (layout.shard_shape[axis] % layout.chunk_shape[axis] == 0) continue;
    return invalid_argument("shard shape " + to_string(layout.shard_shape) +
                            " is not a multiple of chunk shape " + to_string(layout.chunk_shape) +
                            " on axis " + std::to_string(axis));
  }
  return layout;
}

}  // namespace neurofs
