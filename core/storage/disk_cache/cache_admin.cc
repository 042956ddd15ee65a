#include "core/storage/disk_cache/cache_admin.h"

#include <sys/statvfs.h>

#include <algorithm>
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
Status each_segment(const CacheDirectory& directory, const CacheSlot& slot, bool writable,
                    Visit visit) {
  const std::string where = directory.path() + "/" + std::to_string(slot.number);
  for (const uint64_t bytes : CacheDirectory::data_files(slot.dir.get())) {
    if (!plausible(bytes)) continue;
    NF_ASSIGN(const auto file, SegmentFile::open(slot.dir.get(), where, bytes, writable, true));
    for (uint32_t segment = 0; segment < file->segments(); ++segment) {
      int error = 0;
      const auto records = file->records(segment, &error);
      if (error != 0) return errno_status(error, "reading " + where);
      if (records && !visit(*file, segment, *records)) return {};
    }
  }
  return {};
}

enum class EntryState : uint8_t { kGood, kBad, kUnreadable };

EntryState look_at(const SegmentFile& file, uint32_t segment, const EntryRecord& record,
                   AlignedBuffer& memory) {
  if (record.length > kLongestEntry) return EntryState::kBad;
  const uint64_t at = record.at * kCacheUnit;
  const uint64_t start = at / kCachePage * kCachePage;
  const uint64_t end = (at + record.length + kCachePage - 1) / kCachePage * kCachePage;
  if (file.read(segment, start, {memory.get(), end - start}) != 0) return EntryState::kUnreadable;
  const Bytes bytes{memory.get() + (at - start), record.length};
  return entry_check(record.key, bytes) == record.check ? EntryState::kGood : EntryState::kBad;
}

// A summary that names `kept` alone. False when there is no room for one, or the disk fails.
bool write_kept(SegmentFile& file, uint32_t segment, SegmentFrame frame,
                std::span<const EntryRecord> kept) {
  const uint64_t bytes = summary_bytes(kept.size());
  const uint64_t start = file.segment_bytes() - bytes;
  for (const EntryRecord& r : kept) {
    if (r.at * kCacheUnit + r.length > start) return false;
  }
  frame.at = 0;
  frame.header_bytes = 0;
  frame.bytes = static_cast<uint32_t>(bytes);
  frame.count = static_cast<uint32_t>(kept.size());
  const auto memory = make_aligned_buffer(bytes);
  write_summary(frame, kept, {memory.get(), bytes});
  const iovec part{memory.get(), bytes};
  return file.write(segment, start, {&part, 1}) == 0;
}

void verify_segment(SegmentFile& file, uint32_t segment, const SegmentRecords& records, bool drop,
                    AlignedBuffer& memory, CacheVerified& counts) {
  std::vector<EntryRecord> kept;
  for (const EntryRecord& record : records.entries) {
    const EntryState state = look_at(file, segment, record, memory);
    ++counts.entries;
    counts.bytes += record.length;
    counts.bad += state == EntryState::kBad;
    counts.unreadable += state == EntryState::kUnreadable;
    if (state == EntryState::kGood) kept.push_back(record);
  }
  const size_t wrong = records.entries.size() - kept.size();
  if (drop && wrong > 0 && write_kept(file, segment, records.frame, kept)) counts.dropped += wrong;
}

}  // namespace

Result<CacheStatus> cache_status(const std::string& path) {
  NF_ASSIGN(const auto directory, CacheDirectory::open(path, false));
  CacheStatus status;
  for (const CacheSlotUse& use : directory.uses()) {
    CachePart part{use.number, use.locked, use.bytes, 0, 0, 0};
    NF_ASSIGN(const CacheSlot slot, directory.open_slot(use.number, false, false));
    NF_TRY(each_segment(directory, slot, false,
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
    NF_ASSIGN(const CacheSlot held, directory.open_slot(use.number, true, true));
    const bool ours = static_cast<bool>(held.lock);
    NF_TRY(each_segment(directory, held, ours,
                        [&](SegmentFile& file, uint32_t segment, const SegmentRecords& records) {
                          verify_segment(file, segment, records, ours, memory, counts);
                          go_on = !progress || progress(counts.bytes, std::max(all, counts.bytes));
                          return go_on;
                        }));
    if (!go_on) return Status(Code::kInterrupted, "verifying " + path + " was ended");
  }
  if (progress) progress(counts.bytes, counts.bytes);
  return counts;
}

}  // namespace neurofs
