// What `neurofs cache status|clear|verify DIR` does.
//
// Purpose: looks at a cache directory from outside the mounts that use it. Thread-safety: any thread; other
// processes may use the directory meanwhile. Errors: kNotFound when there is no such directory, kPermission when
// it is not safe to use (see DiskCache), kIoError as the system says. Memory: one segment's summary at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace neurofs {

struct CachePart {
  unsigned number = 0;      // of the subdirectory
  bool in_use = false;      // a process holds it
  uint64_t disk_bytes = 0;  // that the file system gives it
  uint64_t segments = 0;    // with entries in them
  uint64_t entries = 0;     // as the summaries say; replaced ones count
  uint64_t entry_bytes = 0;
};

struct CacheStatus {
  std::vector<CachePart> parts;
  uint64_t disk_bytes = 0;
  uint64_t free_bytes = 0;  // of the file system, to us
};

struct CacheVerified {
  uint64_t entries = 0;
  uint64_t bytes = 0;
  uint64_t bad = 0;         // bytes that are not what was written
  uint64_t unreadable = 0;  // the disk failed
  uint64_t dropped =
      0;  // of those two, removed; the others are dropped by the mount that reads them
};

Result<CacheStatus> cache_status(const std::string& directory);

// Frees all of it; returns the bytes freed. kExists, and nothing is removed, while a process holds a part.
Result<uint64_t> cache_clear(const std::string& directory);

// Reads every entry and removes those that are not right, but in parts that a process holds: these are read
// only, and entries that change meanwhile may count as bad there. `progress` (done, of all bytes) is called now
// and then; false ends it (kInterrupted).
Result<CacheVerified> cache_verify(const std::string& directory,
                                   const std::function<bool(uint64_t, uint64_t)>& progress);

}  // namespace neurofs
