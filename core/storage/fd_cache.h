// FdCache: the open files of a store, by key.
//
// Purpose: a read of an open file costs no path walk: a hit is a hash, a short lock and a reference
// (about 100 ns). Bounded: the least recently used go first, and when the process runs out of
// descriptors the cache shrinks and stays small.
// Thread-safety: every method from any thread; sharded locks, never held while opening.
// Ownership: files are shared with the reads in flight; an evicted one closes after its last read.
// Freshness: a hit does not look at the file system. A file that another process replaces by rename
// is read in its old version for up to `max_age`; what this process replaces is dropped by
// forget(). That something is missing is never remembered.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/storage/open_file.h"

namespace neurofs {

class FdCache {
 public:
  FdCache(const RootedDir& root, OpenFilePolicy policy, size_t capacity,
          std::chrono::milliseconds max_age);

  struct Lookup {
    OpenFile::Opened opened;
    bool was_open = false;
  };
  // EMFILE or ENFILE: nothing was left to close; the caller finishes its own reads and comes back.
  Lookup acquire(std::string_view key);

  void forget(std::string_view key);
  void forget_all();
  // Closes all files that no read uses, and keeps fewer from now on.
  void shrink();
  size_t size() const;
  size_t capacity() const { return capacity_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<OpenFile> file;
    int64_t opened_ms = 0;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::list<Entry> entries;                                                // most recent first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> index;  // keys lie in entries
    uint64_t forgets = 0;  // calls of forget(): what was opened before one is not kept after it
  };
  static constexpr size_t kShards = 8;

  Shard& shard_of(std::string_view key);
  // `forgets`: of the shard at that moment, for insert().
  std::shared_ptr<OpenFile> find(std::string_view key, uint64_t* forgets);
  void insert(std::string key, std::shared_ptr<OpenFile> file, uint64_t forgets);

  const RootedDir& root_;
  const OpenFilePolicy policy_;
  const std::chrono::milliseconds max_age_;
  std::atomic<size_t> capacity_;
  std::array<Shard, kShards> shards_;
};

}  // namespace neurofs
