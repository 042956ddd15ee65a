// BlockKey: the name of a block within a mount: which field, and which block of it.
//
// Plain value, thread-safe. Blocks are numbered by core/engine/block_grid.
#pragma once

#include <cstdint>

#include "core/base/strong_id.h"

namespace neurofs {

using FieldId = StrongId<struct FieldIdTag, uint32_t>;

struct BlockKey {
  FieldId field;
  uint64_t block = 0;
  bool operator==(const BlockKey&) const = default;
};

// Mixes all bits; the low ones choose a bucket, others a shard. (Finalizer of MurmurHash3.)
inline uint64_t hash_of(const BlockKey& key) {
  uint64_t h = key.block ^ (uint64_t{key.field.value()} * 0x9e3779b97f4a7c15ULL);
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ULL;
  h ^= h >> 33;
  return h;
}

struct BlockKeyHash {
  size_t operator()(const BlockKey& key) const { return hash_of(key); }
};

}  // namespace neurofs
