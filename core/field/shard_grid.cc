#include "core/field/shard_grid.h"

#include "core/base/checked.h"

namespace neurofs {

ShardGrid::ShardGrid(const FieldSpec& spec) {
  const size_t rank = spec.shape.size();
  for (size_t axis = 0; axis < rank; ++axis) {
    grid_.push_back(ceil_div(spec.shape[axis], spec.chunk_shape[axis]));
  }
  for (const ShardLevel& shard : spec.shards) {
    Level level;
    Dims shard_counts;
    for (size_t axis = 0; axis < rank; ++axis) {
      level.chunks.push_back(shard.shard_shape[axis] / spec.chunk_shape[axis]);
      level.inner.push_back(level.chunks[axis] / shard.chunks_per_shard[axis]);
      shard_counts.push_back(ceil_div(spec.shape[axis], shard.shard_shape[axis]));
    }
    level.per_shard = shard.chunks_per_shard;
    level.strides = c_order_strides(shard_counts);
    level.entry_strides = c_order_strides(shard.chunks_per_shard);
    levels_.push_back(std::move(level));
  }
}

bool ShardGrid::contains(const Dims& chunk) const {
  if (chunk.size() != grid_.size()) return false;
  for (size_t axis = 0; axis < grid_.size(); ++axis) {
    if (chunk[axis] < 0 || chunk[axis] >= grid_[axis]) return false;
  }
  return true;
}

Dims ShardGrid::object_of(const Dims& chunk) const {
  if (levels_.empty()) return chunk;
  Dims object = chunk;
  for (size_t axis = 0; axis < chunk.size(); ++axis) object[axis] /= levels_[0].chunks[axis];
  return object;
}

ShardId ShardGrid::shard_of(const Dims& chunk, size_t level) const {
  const Level& l = levels_[level];
  Index number = 0;
  for (size_t axis = 0; axis < chunk.size(); ++axis) {
    number += chunk[axis] / l.chunks[axis] * l.strides[axis];
  }
  return {static_cast<uint32_t>(level), static_cast<uint64_t>(number)};
}

size_t ShardGrid::entry_of(const Dims& chunk, size_t level) const {
  const Level& l = levels_[level];
  Index number = 0;
  for (size_t axis = 0; axis < chunk.size(); ++axis) {
    number += chunk[axis] / l.inner[axis] % l.per_shard[axis] * l.entry_strides[axis];
  }
  return static_cast<size_t>(number);
}

}  // namespace neurofs
