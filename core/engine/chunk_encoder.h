// ChunkEncoder: the new stored bytes of a chunk or a shard, from its old bytes and a patch.
//
// Purpose: the pure half of writing: read nothing, write nothing. A shard is rebuilt from its old
// encoded chunks, of which only those that the patch touches are decoded; nested shards likewise.
// Thread-safety: const; from many threads. Ownership: borrows the spec, which must outlive it.
// Memory: one decoded chunk, and the old and new encoded bytes of one object.
// Errors: kCorrupt when old bytes that must be kept cannot be decoded.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/engine/region_patch.h"
#include "core/field/field_spec.h"

namespace neurofs {

class ChunkEncoder {
 public:
  explicit ChunkEncoder(const FieldSpec& spec);

  // `old`: the encoded object, empty when it is missing. Nothing is returned for an object that
  // would hold only fill values: absence says the same.
  Result<std::optional<ByteVector>> encode_object(const RegionPatch& patch, Bytes old) const {
    return encode_level(0, patch, old);
  }
  Result<std::optional<ByteVector>> encode_chunk(const RegionPatch& patch, Bytes old) const;

  // Of a sharded field: what one entry of an outermost shard's index is, a chunk or a nested shard; new, from a
  // patch that covers it.
  const Dims& entry_shape() const { return unit_shape(1); }
  Result<std::optional<ByteVector>> encode_entry(const RegionPatch& patch) const {
    return encode_level(1, patch, {});
  }

  // The encoded index of a shard level; `entries`: offset and size of each chunk in C order.
  static Result<ByteVector> encode_index(const ShardLevel& level,
                                         const std::vector<uint64_t>& entries);

 private:
  Result<std::optional<ByteVector>> encode_level(size_t depth, const RegionPatch& patch,
                                                 Bytes old) const;
  Result<std::optional<ByteVector>> encode_shard(size_t depth, const RegionPatch& patch,
                                                 Bytes old) const;
  const Dims& unit_shape(size_t depth) const;
  bool is_fill(Bytes decoded) const;
  void fill(MutableBytes decoded) const;

  const FieldSpec& spec_;
  Dims stored_strides_;  // bytes, one per axis of the field
};

}  // namespace neurofs
