// StoredField: an array in a store: its description, and where the bytes of each chunk are.
//
// Purpose: the one door from index space to byte ranges. Resolves chunk coordinates to an object
// key and range through any number of shard levels, reading shard indexes in batches.
// Thread-safety: every method from any thread. The shard index cache is bounded and locked inside.
// Ownership: shares the store. Failures are not cached; a missing shard is remembered only as far
// as the index cache's bound allows and only for `missing_ttl` (a writer may be filling the field).
// Errors: locate() sets a Status per chunk: kCorrupt for an index that fails its checksum, points
// outside its object or contradicts itself, naming store, key and entry; kStale when an object was
// replaced between two reads of it: forget_indexes() and ask again.
// Source: Zarr v3 sharding codec specification.
#pragma once

#include <memory>
#include <string>

#include "core/field/field_spec.h"
#include "core/storage/object_store.h"

namespace neurofs {

// Where the encoded bytes of one chunk are.
struct ChunkPlace {
  enum class Kind : uint8_t { kMissing, kRange, kWholeObject, kError };
  Kind kind = Kind::kMissing;  // kMissing: every element is the fill value
  std::string key;
  ByteRange range;  // kRange: bytes of the object
  // Of the object that says so: what ReadOp::if_version must be for a kRange, which holds in that
  // version alone. Empty for a kWholeObject and where there is no object.
  std::string version;
  Status status;  // kError
};

struct ChunkQuery {
  Dims chunk;        // in: coordinates in the grid of innermost chunks
  ChunkPlace place;  // out
};

class StoredField {
 public:
  virtual ~StoredField() = default;
  virtual const FieldSpec& spec() const = 0;
  virtual ObjectStore& store() const = 0;
  // "file:///data/brain.zarr/layer1": for messages.
  virtual std::string url() const = 0;
  // Resolves many chunks; reads each shard index needed at most once, in one batch per level.
  virtual void locate(std::span<ChunkQuery> queries) = 0;
  // Forgets cached shard indexes (after a write by this process, or a place that was kStale).
  virtual void forget_indexes() = 0;
};

struct FieldOptions {
  uint64_t index_cache_bytes = uint64_t{64} << 20;
  uint64_t missing_ttl_ms = 1000;
  Metrics* metrics = nullptr;  // must outlive the field
};

// Opens the array at `path` ("" for the store's root) in whatever format is found there:
// zarr.json, .zarray, a .npy file, or a raw file with its description NAME.json beside it.
// kNotFound when there is no array; the message lists what was looked for.
Result<std::shared_ptr<StoredField>> open_stored_field(std::shared_ptr<ObjectStore> store,
                                                       std::string_view path,
                                                       const FieldOptions& options);

}  // namespace neurofs
