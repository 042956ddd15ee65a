// stats.json: what each tier of a mount holds and serves, and all counters and gauges.
//
//   ram, gpu, nvme, remote   state and figures of each tier; null for one that the mount has not
//   hit_rates                hits / (hits + misses) by tier; null before the first
//   store                    how the source is read
//   counters, gauges         everything, by name
//
// Thread-safety: any thread. Ownership: borrows everything for the call.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/engine/engine.h"
#include "core/storage/disk_cache/disk_cache.h"
#include "core/storage/object_store.h"

namespace neurofs {

nlohmann::json stats_document(Engine& engine, const ObjectStore& store, const DiskCache* cache);

}  // namespace neurofs
