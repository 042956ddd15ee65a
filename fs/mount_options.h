// MountOptions: everything `neurofs mount` can choose.
//
// Plain values with the defaults that suit a read-only field on local NVMe.
#pragma once

#include <optional>
#include <string>

#include "core/engine/engine.h"
#include "core/storage/disk_cache/disk_cache.h"
#include "core/storage/object_store.h"

namespace neurofs {

struct MountOptions {
  EngineOptions engine;
  StoreOptions store;      // `writable` is ignored: a mount never writes
  DiskCacheOptions cache;  // of remote data; no directory: none

  unsigned threads = 64;      // requests served at once; idle ones cost a stack
  bool allow_other = false;   // other users may read; permissions are checked by the kernel
  bool direct_io = false;     // no page cache: every read comes to the engine; no shared mmap then
  bool recover = true;        // detach a dead neurofs mount found at the mount point
  bool auto_unmount = false;  // a helper process unmounts when the daemon dies
  double timeout_s = 3600;    // how long the kernel may keep names and attributes; see settle()
  double negative_timeout_s = 10;  // and names that do not exist
  // How often data is looked at for changes; 0: when it is loaded. Unless set, as suits the store.
  std::optional<unsigned> revalidate_s;
  size_t max_regions = 32768;  // names (regions, files below lenses) that the kernel may remember
  bool push_pages = false;     // give the kernel the next neurons of a walk before it asks
  unsigned read_ahead_kb = 4096;  // of the mount; needs root, 0 leaves the kernel's default
  unsigned drain_s = 5;           // how long SIGTERM waits for requests in flight
  std::string version = "0.1.0";  // shown in .neurofs/status.json

  // Sets what depends on the store. Names in a remote one are asked for again by the time of a look: a field
  // that nobody asks for is not looked at.
  void settle(const ObjectStore& source);
};

}  // namespace neurofs
