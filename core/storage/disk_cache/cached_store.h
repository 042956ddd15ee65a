// cached_store: a remote store with a DiskCache before it.
//
// Purpose: units of the cache are the destinations of range reads, each one block, and whole objects. Hits of a
// batch are read from disk at once, the misses go down as one batch in which neighbours stay one read, and
// are then handed to the cache's writer. Suffix reads pass through.
// Freshness: an op with `if_version` is served from the cache in that version alone. For the others the version is
// one that a read or stat of the object told at most `version_ttl` ago, else it is asked for
// (a one-byte read, all objects of the batch at once), unless the cache has nothing of the range.
// forget() drops what is remembered. An object that was told of and is denied right after is kStale at first
// (see object_memory.h).
// Thread-safety, errors: as ObjectStore. Ownership: shares both.
// Memory: what is remembered of at most 64 Ki objects, about 200 bytes each.
#pragma once

#include <chrono>
#include <memory>

#include "core/storage/disk_cache/disk_cache.h"
#include "core/storage/object_store.h"

namespace neurofs {

struct CachedStoreOptions {
  std::chrono::milliseconds version_ttl{60'000};
};

Result<std::shared_ptr<ObjectStore>> cached_store(std::shared_ptr<ObjectStore> below,
                                                  std::shared_ptr<DiskCache> cache,
                                                  const CachedStoreOptions& options = {});

}  // namespace neurofs
