// CacheVolume: the part of a disk cache directory that this process holds, while its disk works.
//
// Purpose: the index, the segments and the two logs that are being written. A volume that has failed is thrown
// away; DiskCache opens another one later.
// Thread-safety: read(), find() and the figures from any thread; append(), flush() and tick() from one (the writer).
// Ownership: owns files and lock. Errors: a Status says that the volume is of no use any more; entries that
// cannot be kept are counted as dropped.
#pragma once

#include <atomic>

#include "core/storage/disk_cache/cache_directory.h"
#include "core/storage/disk_cache/disk_cache.h"
#include "core/storage/disk_cache/entry_index.h"
#include "core/storage/disk_cache/log_policy.h"
#include "core/storage/disk_cache/segment_file.h"
#include "core/storage/file_reader.h"

namespace neurofs {

struct CacheCounters {
  explicit CacheCounters(Metrics& m)
      : hits(m.counter("nvme_hits_total", "Blocks found in the disk cache")),
        hit_bytes(m.counter("nvme_hit_bytes_total", "Bytes read from the disk cache")),
        misses(m.counter("nvme_misses_total", "Blocks not found in the disk cache")),
        writes(m.counter("nvme_writes_total", "Blocks written to the disk cache")),
        write_bytes(m.counter("nvme_write_bytes_total", "Bytes of blocks written there")),
        moved(m.counter("nvme_moved_total", "Blocks read again and written anew to be kept")),
        dropped(m.counter("nvme_dropped_total", "Blocks not written: queue or disk full")),
        bad(m.counter("nvme_bad_entries_total", "Entries whose bytes were not right")),
        read_errors(m.counter("nvme_read_errors_total", "Reads of the cache's disk that failed")),
        transferred(m.counter("nvme_read_bytes_total", "Bytes the cache's disk delivered")) {}
  Counter &hits, &hit_bytes, &misses, &writes, &write_bytes, &moved, &dropped, &bad, &read_errors,
      &transferred;
};

class CacheVolume {
 public:
  static Result<std::unique_ptr<CacheVolume>> open(const DiskCacheOptions& options,
                                                   CacheCounters& counters);
  ~CacheVolume();

  void read(std::span<CacheRead> batch);
  std::optional<EntryPlace> find(const CacheKey& key) const { return index_.find(key); }
  bool failing() const { return read_errors_.load() > kMostReadErrors; }

  // `wanted`: it goes to the main log at once.
  Status append(const CacheKey& key, Bytes bytes, bool wanted);
  Status flush();
  Status tick();  // now and then: room for others, a directory that was removed

  uint64_t used_bytes() const { return allocated_.load() * file_->segment_bytes(); }
  uint64_t entries() const { return index_.size(); }
  uint64_t largest_entry() const { return largest_; }

 private:
  enum class State : uint8_t { kAbsent, kFree, kOpen, kSealed };
  struct Segment {
    State state = State::kAbsent;
    CacheLog log = CacheLog::kProbation;
    uint64_t sequence = 0;
  };
  // A log's segment that is being filled, and the group that is being gathered for it.
  struct OpenLog {
    bool open = false;
    uint32_t segment = 0;
    uint64_t written = 0;  // bytes of the segment
    uint64_t gathered = 0;
    AlignedBuffer buffer;
    std::vector<EntryRecord> group;
    std::vector<EntryRecord> all;
  };
  static constexpr uint64_t kMostReadErrors = 8;

  CacheVolume(const DiskCacheOptions& options, CacheCounters& counters, CacheDirectory directory,
              CacheSlot slot, std::unique_ptr<SegmentFile> file);
  Status recover();
  Status recover_entries(std::vector<uint32_t> order);
  class Batch;
  void count_read_error();
  void settle(CacheRead& read, const FileRead& done, const EntryPlace& place);

  Status add(CacheLog log, const CacheKey& key, Bytes bytes, bool* added);
  bool fits(const OpenLog& log, uint64_t at, uint64_t length) const;
  Status flush(OpenLog& log, CacheLog which);
  Status seal(OpenLog& log, CacheLog which);
  Status begin(CacheLog which, bool* begun);
  Status make_room();
  Status evict(bool keep);
  std::optional<uint32_t> victim();
  Status move_kept(uint32_t segment, CacheLog from, std::span<const EntryRecord> records);
  Status grow(bool* grown);
  Status shrink();
  Status broken(int error, const char* doing) const;
  void refresh_limit();
  bool file_system_full(uint64_t more) const;
  size_t count(State state) const;
  std::optional<uint32_t> lowest(State state) const;

  const DiskCacheOptions options_;
  CacheCounters& counters_;
  const CacheDirectory directory_;
  const CacheSlot slot_;
  const std::unique_ptr<SegmentFile> file_;
  const uint64_t largest_;
  std::unique_ptr<FileReader> reader_;
  EntryIndex index_;
  LogPolicy policy_;
  std::atomic<uint64_t> read_errors_{0};
  std::atomic<uint64_t> allocated_{0};  // segments that take room on the disk
  // The writer's own:
  std::vector<Segment> segments_;
  std::array<OpenLog, 2> logs_;
  uint64_t next_sequence_ = 1;
  uint64_t limit_ = 0;  // segments this process may have now
  bool evicting_ = false;
};

}  // namespace neurofs
