// ShardGrid: the arithmetic from a chunk's coordinates to its shard and its number therein.
//
// Purpose: prepared once per field, so that locating a chunk is a few divisions per axis and level.
// Pure; thread-safe; no allocation. Units: chunks and shards. The grid of a level covers the array:
// ceil(shape / shard shape) shards per axis, so numbers stay below the array's element count.
#pragma once

#include <vector>

#include "core/field/field_spec.h"
#include "core/field/shard_index_cache.h"

namespace neurofs {

class ShardGrid {
 public:
  explicit ShardGrid(const FieldSpec& spec);

  size_t levels() const { return levels_.size(); }
  // True when `chunk` is in the grid of innermost chunks.
  bool contains(const Dims& chunk) const;
  // The coordinates of the object that holds the chunk.
  Dims object_of(const Dims& chunk) const;
  // The shard of this level that holds the chunk.
  ShardId shard_of(const Dims& chunk, size_t level) const;
  // The number of the chunk, or of the inner shard that holds it, in the index of that shard.
  size_t entry_of(const Dims& chunk, size_t level) const;

 private:
  struct Level {
    Dims chunks;     // innermost chunks along each axis of one shard of this level
    Dims inner;      // the same of one entry of its index
    Dims per_shard;  // entries along each axis
    Dims strides;    // of shard numbers
    Dims entry_strides;
  };
  Dims grid_;  // innermost chunks along each axis of the array
  std::vector<Level> levels_;
};

}  // namespace neurofs
