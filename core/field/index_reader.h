// IndexReader: the shard indexes of a field, out of its cache or out of the store.
//
// Purpose: the half of locate() that does I/O. Each index is read by one reader, however many want it; those whose
// reader failed, or whose index the cache did not keep, are read once more.
// Thread-safety: every method from any thread. Ownership: owns the cache; borrows store and spec.
// Errors: per shard, in LoadedShard::status; see stored_field.h. None is kept for the next call.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/field/field_spec.h"
#include "core/field/index_flights.h"
#include "core/field/shard_index_cache.h"
#include "core/field/stored_field.h"

namespace neurofs {

// What one locate() learned about a shard; it outlives eviction and, for failures, is all that is
// kept of them.
struct LoadedShard {
  ShardIndexPtr index;  // null: does not exist, or `status` says why it could not be read
  Status status;
  bool pending = false;  // among the indexes to read, so that it is asked for once
};
using LoadedShards = std::unordered_map<ShardId, LoadedShard, ShardIdHash>;

// An index to read.
struct IndexRead {
  ShardId id;
  std::string key;
  ByteRange extent;     // of the shard in the object; for level 0 not known before it is read
  std::string version;  // of the object; for level 0 not known before it is read
  ByteVector bytes;
  ObjectInfo seen;
  MutableBytes dest;
};

class IndexReader {
 public:
  IndexReader(ObjectStore& store, const FieldSpec& spec, std::string url,
              const FieldOptions& options);

  std::optional<ShardIndexPtr> find(const ShardId& id) const { return cache_.find(id); }
  void load(std::span<IndexRead> wanted, LoadedShards* loaded);
  void forget() { cache_.clear(); }
  // As it is said of a shard of the object.
  Status describe(const Status& status, const std::string& key) const;

 private:
  bool take_cached(const IndexRead& read, LoadedShards* loaded) const;
  void read_indexes(std::span<IndexRead* const> wanted, LoadedShards* loaded);
  bool prepare(IndexRead& read, LoadedShard* shard) const;
  ReadOp make_op(IndexRead& read) const;
  LoadedShard reject(const IndexRead& read, const Status& why) const;
  LoadedShard accept(const ReadOp& op, const IndexRead& read, uint64_t generation);

  ObjectStore& store_;
  const FieldSpec& spec_;
  const std::string url_;
  ShardIndexCache cache_;
  IndexFlights flights_;
  Counter* index_reads_ = nullptr;
};

}  // namespace neurofs
