// FieldSink: the writer below FieldWriter, for a field whose metadata need not be there yet.
//
// Purpose: an import fills a field before its zarr.json appears; FieldWriter adds the open field.
// Thread-safety: write() from many threads; writes to one outer chunk take turns.
// Ownership: shares the store, keeps the spec. Errors: as FieldWriter.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "core/engine/chunk_encoder.h"
#include "core/engine/shard_stream.h"
#include "core/storage/object_store.h"

namespace neurofs {

class FieldSink {
 public:
  // `path`: of the field in the store, "" for the root.
  FieldSink(std::shared_ptr<ObjectStore> store, std::string_view path, FieldSpec spec);

  const FieldSpec& spec() const { return spec_; }
  Status write(const Region& region, Bytes data);
  // Where ShardStream::applies(): one shard of the field anew, which nothing else writes meanwhile.
  ShardStream stream(const Dims& shard);
  // The chunks that are encoded at once: of a field without shards the object itself.
  const Dims& entry_shape() const {
    return spec_.shards.empty() ? spec_.chunk_shape : encoder_.entry_shape();
  }

 private:
  Status check(const Region& region, Bytes data) const;
  Status write_object(const std::string& key, const RegionPatch& patch);
  Status rewrite_object(const std::string& key, const RegionPatch& patch);

  const std::shared_ptr<ObjectStore> store_;
  const std::string prefix_;
  const FieldSpec spec_;
  const ChunkEncoder encoder_;
  const bool in_place_;
  std::array<std::mutex, 64> turns_;  // by hash of the object's key
};

}  // namespace neurofs
