#include "core/storage/disk_cache/cache_admin.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "core/storage/disk_cache/cache_directory.h"
#include "core/storage/disk_cache/segment_file.h"
#include "core/storage/errno_status.h"

namespace neurofs {
namespace {

constexpr uint64_t kLongestEntry = uint64_t{16} << 20;

bool plausible(uint64_t segment_bytes) {
  return segment_bytes % kCachePage == 0 && segment_bytes >= kCachePage &&
         segment_bytes <= kMostSegmentBytes;
}

// Calls visit(file, segment, records) for each segment of each file of a part, until it says false.
template <typename Visit>
Status each_segment(const CacheDirectory& directory, unsigned number, Visit visit) {
  NF_ASSIGN(const CacheSlot slot, directory.open_slot(number, false, false));
  const std::string where = directory.path() + "/" + std::to_string(number);
  for (const uint64_t bytes : CacheDirectory::data_files(slot.dir.get())) {
    if (!plausible(bytes)) continue;
    NF_ASSIGN(const auto file, SegmentFile::open(slot.dir.get(), where, bytes, false, true));
    for (uint32_t segment = 0; segment < file->segments(); ++segment) {
      int error = 0;
      const auto records = file->records(segment, &error);
      if (error != 0) return errno_status(error, "reading " + where);
      if (records && !visit(*file, segment, *records)) return {};
    }
  }
  return {};
}

void verify_entry(const SegmentFile& file, uint32_t segment, const EntryRecord& record,
                  AlignedBuffer& memory, CacheVerified& counts) {
  ++counts.entries;
  counts.bytes += record.length;
  if (record.length > kLongestEntry) {
    ++counts.bad;
    return;
  }
  const uint64_t at = record.at * kCacheUnit;
  const uint64_t start = at / kCachePage * kCachePage;
  const uint64_t end = (at + record.length + kCachePage - 1) / kCachePage * kCachePage;
  if (file.read(segment, start, {memory.get(), end - start}) != 0) {
    ++counts.unreadable;
    return;
  }
  const Bytes bytes{memory.get() + (at - start), record.length};
  if (entry_check(record.key, bytes) != record.check) ++counts.bad;
}

}  // namespace

Result<CacheStatus> cache_status(const std::string& path) {
  NF_ASSIGN(const auto directory, CacheDirectory::open(path, false));
  CacheStatus status;
  for (const CacheSlotUse& use : directory.uses()) {
    CachePart part{use.number, use.locked, use.bytes, 0, 0, 0};
    NF_TRY(each_segment(directory, use.number,
                        [&](const SegmentFile&, uint32_t, const SegmentRecords& records) {
                          ++part.segments;
                          part.entries += records.entries.size();
                          for (const EntryRecord& r : records.entries) part.entry_bytes += r.length;
                          return true;
                        }));
    status.disk_bytes += part.disk_bytes;
    status.parts.push_back(part);
  }
  struct statvfs info = {};
  if (::fstatvfs(directory.fd(), &info) == 0) {
    status.free_bytes = uint64_t{info.f_bavail} * info.f_frsize;
  }
  return status;
}

Result<uint64_t> cache_clear(const std::string& path) {
  NF_ASSIGN(const auto directory, CacheDirectory::open(path, false));
  std::vector<CacheSlot> slots;
  uint64_t freed = 0;
  // All locks first: nothing is removed unless everything can be.
  for (const CacheSlotUse& use : directory.uses()) {
    NF_ASSIGN(CacheSlot slot, directory.open_slot(use.number, true, true));
    if (!slot.lock) {
      return Status(Code::kExists, "a mount uses the cache in " + path + "/" +
                                       std::to_string(use.number) + "; unmount it first");
    }
    freed += use.bytes;
    slots.push_back(std::move(slot));
  }
  for (const CacheSlot& slot : slots) CacheDirectory::remove_data(slot.dir.get(), "");
  return freed;
}

Result<CacheVerified> cache_verify(const std::string& path,
                                   const std::function<bool(uint64_t, uint64_t)>& progress) {
  NF_ASSIGN(const auto directory, CacheDirectory::open(path, false));
  const auto uses = directory.uses();
  uint64_t all = 0;
  for (const CacheSlotUse& use : uses) all += use.bytes;
  CacheVerified counts;
  auto memory = make_aligned_buffer(kLongestEntry + 2 * kCachePage);
  bool go_on = true;
  for (const CacheSlotUse& use : uses) {
    NF_TRY(
        each_segment(directory, use.number,
                     [&](const SegmentFile& file, uint32_t segment, const SegmentRecords& records) {
                       for (const EntryRecord& r : records.entries) {
                         verify_entry(file, segment, r, memory, counts);
                       }
                       go_on = !progress || progress(counts.bytes, all);
                       return go_on;
                     }));
    if (!go_on) return Status(Code::kInterrupted, "verifying " + path + " was ended");
  }
  return counts;
}

}  // namespace neurofs
