// DiskCache: the tier L3, encoded bytes of remote objects on a local disk, kept across restarts.
//
// Purpose: one directory, a log of segments in a preallocated file, read and written with O_DIRECT. Several
// processes may name one directory: each locks a numbered subdirectory of it, an unlocked one is adopted by the
// next that comes, and `bytes` bounds them all together (each live one may hold an equal share).
// Never wrong data: what is read is checked against a CRC-32C that covers the entry's key and version too, so
// torn, swapped, old or foreign bytes are a miss. Nothing is ever synced.
// Thread-safety: every method from any thread. Ownership: owns its writer thread; its end waits for that.
// Errors: after open() none reaches a caller. Whatever the disk does turns the cache off (state()), with one
// warning; it is tried again after `retry_after`.
// Memory: the index, 24 bytes a slot at a load of 0.65 to 0.85 (28 to 37 bytes an entry), at most bytes/128
// and 2 GiB; twice queue_bytes; 8 to 32 MiB of write buffers; of forgotten entries 4 bytes for each 16 KiB, at most
// 16 MiB.
// Security: the directory is ours and 0700, else open() refuses; who can write there can forge entries.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/base/metrics.h"
#include "core/base/result.h"
#include "core/storage/disk_cache/cache_key.h"

namespace neurofs {

struct DiskCacheOptions {
  std::string directory;            // made when missing (its parent must be there)
  uint64_t bytes = 0;               // of all processes that share the directory
  uint64_t segment_bytes = 0;       // 0: about bytes / 256, from 1 MiB to 64 MiB
  uint64_t queue_bytes = 64 << 20;  // waiting to be written; more is dropped
  unsigned keep_free_percent = 5;   // of the file system, left to others
  bool direct_io = true;
  bool use_io_uring = true;
  std::chrono::milliseconds retry_after{30'000};
  Metrics* metrics = nullptr;  // "nvme_*"; must outlive the cache
};

// One block to look for.
struct CacheRead {
  CacheKey key;
  MutableBytes dest;  // of the entry's length
  bool hit = false;   // out; when false, `dest` holds anything
};

// One block to keep.
struct CacheWrite {
  CacheKey key;
  Bytes bytes;
};

class DiskCache {
 public:
  // kPermission for a directory that is not ours alone or is reached by a link, kInvalidArgument for a size
  // below 16 MiB (or 16 segments). A disk that is full, read-only or broken is no error: see state().
  static Result<std::shared_ptr<DiskCache>> open(const DiskCacheOptions& options);
  ~DiskCache();
  DiskCache(const DiskCache&) = delete;
  DiskCache& operator=(const DiskCache&) = delete;

  // All at once; waits for the disk.
  void read(std::span<CacheRead> batch);

  // Bytes of the entry of that range in any version (key.version is not looked at); 0 when there is none.
  uint64_t find(const CacheKey& key) const;

  // Copies and returns; what does not fit in the queue is dropped. Blocks that are written together lie side by
  // side, and are read so.
  void write(std::span<const CacheWrite> batch);
  void write(const CacheKey& key, Bytes bytes) {
    const CacheWrite one{key, bytes};
    write({&one, 1});
  }

  // Waits until what was written is on the disk, or dropped. False when the thread's ReadScope ended first.
  bool drain();

  // Writes what is queued and nothing more, and waits so long for that. False while the disk keeps the writer, as it
  // then would the destructor.
  bool end(std::chrono::milliseconds patience);

  std::string state() const;  // "" while it works, else why not
  uint64_t used_bytes() const;
  uint64_t size_bytes() const;
  uint64_t entries() const;
  uint64_t largest_entry() const;  // longer ones are not kept

 private:
  class Impl;
  explicit DiskCache(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace neurofs
