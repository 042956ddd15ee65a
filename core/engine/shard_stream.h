// ShardStream: a new shard, written while it is made, for stores that take objects in pieces.
//
// Purpose: neither the shard's elements nor its encoded chunks are held as a whole. Chunks (of nested shards: inner
// shards) lie in the order in which they come, the index that says where is the object's end.
// Thread-safety: one thread at a time. Ownership: borrows spec, encoder and store. Memory: one encoded chunk, the
// index, and what the store holds (ObjectStore::put_in_pieces). Without a finish() that succeeds nothing is
// changed. Errors: of the store, and kInvalidArgument for a region that leaves the shard or cuts a chunk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/engine/chunk_encoder.h"
#include "core/storage/object_store.h"

namespace neurofs {

class ShardStream {
 public:
  static bool applies(const FieldSpec& spec, const ObjectStore& store);

  // `unit`: the shard, in the grid of shards.
  ShardStream(const FieldSpec& spec, const ChunkEncoder& encoder, ObjectStore& store,
              std::string key, Dims unit);

  // Elements of whole chunks of the shard, none of which came before.
  Status add(const Region& region, Bytes data);
  // A shard of fill values alone is removed: absence says the same.
  Status finish();

 private:
  Status add_chunk(const Dims& at, const RegionPatch& patch);
  const ShardLevel& level() const { return spec_.shards.front(); }

  const FieldSpec& spec_;
  const ChunkEncoder& encoder_;
  ObjectStore& store_;
  const std::string key_;
  const Dims unit_;
  std::unique_ptr<ObjectWriter> writer_;  // null before the first chunk
  uint64_t written_ = 0;
  std::vector<uint64_t> entries_;  // offset and size of each chunk
};

}  // namespace neurofs
