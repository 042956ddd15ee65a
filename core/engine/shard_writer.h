// ShardWriter: a patch into one raw shard, in place and sparsely.
//
// Purpose: chunk i lives in slot i, at i * chunk bytes; the index is the object's end, so that an
// untouched slot is a hole. The index that names a chunk is written after the chunk: whatever
// happens in between, a chunk that was absent is absent or whole. A chunk that exists already is
// overwritten where it is, so a reader at that very moment may see both versions.
// Thread-safety: const, as long as no two threads write one shard. Ownership: borrows all.
// Memory: one decoded and one encoded chunk, and the index.
// Errors: of the store; kCorrupt for an unreadable index.
#pragma once

#include "core/engine/chunk_encoder.h"
#include "core/storage/object_store.h"

namespace neurofs {

class ShardWriter {
 public:
  ShardWriter(const FieldSpec& spec, const ChunkEncoder& encoder, ObjectStore& store)
      : spec_(spec), encoder_(encoder), store_(store) {}

  // One level of raw chunks with the index at the end, in a store that can write in place.
  static bool applies(const FieldSpec& spec, const ObjectStore& store);

  // `*done` is false, and nothing was written, when the shard exists in another layout than slots.
  Status write(const std::string& key, const RegionPatch& patch, bool* done) const;

 private:
  Result<std::vector<uint64_t>> read_index(const std::string& key, bool* in_slots) const;
  Status write_index(const std::string& key, const std::vector<uint64_t>& entries) const;
  Status write_chunk(const std::string& key, size_t slot, const RegionPatch& part,
                     std::vector<uint64_t>* entries) const;
  const ShardLevel& level() const { return spec_.shards.front(); }
  uint64_t chunk_bytes() const { return spec_.codecs.fixed_encoded_size(); }
  size_t slots() const { return level().index_codecs.decoded_size() / (2 * sizeof(uint64_t)); }
  uint64_t index_offset() const { return slots() * chunk_bytes(); }
  uint64_t object_size() const { return index_offset() + level().index_size; }

  const FieldSpec& spec_;
  const ChunkEncoder& encoder_;
  ObjectStore& store_;
};

}  // namespace neurofs
