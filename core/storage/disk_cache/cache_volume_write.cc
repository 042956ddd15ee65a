#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/checked.h"
#include "core/storage/disk_cache/cache_volume.h"

namespace neurofs {
namespace {

constexpr uint64_t kGroupBytes = uint64_t{4} << 20;  // gathered before they are written

uint64_t round_up(uint64_t value, uint64_t unit) {
  return ceil_div(value, unit) * unit;
}

size_t index_of(CacheLog log) {
  return static_cast<size_t>(log);
}

}  // namespace

Status CacheVolume::append(const CacheKey& key, Bytes bytes, bool wanted) {
  const auto place = index_.find(key);
  if (place && place->version_tag == version_tag_of(key.version) && place->length == bytes.size()) {
    return {};
  }
  bool added = false;
  const CacheLog log = wanted ? CacheLog::kMain : policy_.admit(key.lo);
  NF_TRY(add(log, key, bytes, &added));
  if (added) {
    counters_.writes.add();
    counters_.write_bytes.add(bytes.size());
  } else {
    counters_.dropped.add();
  }
  return {};
}

bool CacheVolume::fits(const OpenLog& log, uint64_t at, uint64_t length) const {
  const uint64_t group =
      group_header_bytes(log.group.size() + 1) + round_up(at + length, kCachePage);
  return log.written + group + summary_bytes(log.all.size() + log.group.size() + 1) <=
         file_->segment_bytes();
}

Status CacheVolume::add(CacheLog which, const CacheKey& key, Bytes bytes, bool* added) {
  *added = false;
  if (bytes.empty() || bytes.size() > largest_) return {};
  OpenLog& log = logs_[index_of(which)];
  const uint64_t alignment = entry_alignment(bytes.size());
  uint64_t at = round_up(log.gathered, alignment);
  if (log.open && at + bytes.size() > std::max(kGroupBytes, largest_)) {
    NF_TRY(flush(log, which));
    at = 0;
  }
  for (int tries = 0; !log.open || !fits(log, at, bytes.size()); ++tries) {
    if (log.open) NF_TRY(seal(log, which));
    bool begun = false;
    NF_TRY(begin(which, &begun));
    if (!begun || tries == 3) return {};
    at = round_up(log.gathered, alignment);
  }
  std::memcpy(log.buffer.get() + at, bytes.data(), bytes.size());
  log.group.push_back({key, static_cast<uint32_t>(at / kCacheUnit),
                       static_cast<uint32_t>(bytes.size()), entry_check(key, bytes), 0});
  log.gathered = at + bytes.size();
  *added = true;
  return {};
}

Status CacheVolume::flush() {
  NF_TRY(flush(logs_[0], CacheLog::kProbation));
  return flush(logs_[1], CacheLog::kMain);
}

Status CacheVolume::flush(OpenLog& log, CacheLog which) {
  if (!log.open || log.group.empty()) return {};
  const uint64_t header_bytes = group_header_bytes(log.group.size());
  const uint64_t data_bytes = round_up(log.gathered, kCachePage);
  std::memset(log.buffer.get() + log.gathered, 0, data_bytes - log.gathered);
  for (EntryRecord& r : log.group) {
    r.at += static_cast<uint32_t>((log.written + header_bytes) / kCacheUnit);
  }
  SegmentFrame frame;
  frame.sequence = segments_[log.segment].sequence;
  frame.log = which;
  frame.at = static_cast<uint32_t>(log.written);
  frame.bytes = static_cast<uint32_t>(header_bytes + data_bytes);
  frame.header_bytes = static_cast<uint32_t>(header_bytes);
  frame.count = static_cast<uint32_t>(log.group.size());
  const auto header = make_aligned_buffer(header_bytes);
  write_group_header(frame, log.group, {header.get(), header_bytes});
  const iovec parts[] = {{header.get(), header_bytes}, {log.buffer.get(), data_bytes}};
  if (const int error = file_->write(log.segment, log.written, parts); error != 0) {
    log.group.clear();  // not tried again by the end of this volume
    return broken(error, "writing entries");
  }
  for (const EntryRecord& r : log.group) {
    const EntryPlace place{log.segment, r.at, version_tag_of(r.key.version), 0, r.length, r.check};
    if (!index_.put(r.key, place)) counters_.dropped.add();
  }
  log.all.insert(log.all.end(), log.group.begin(), log.group.end());
  log.group.clear();
  log.written += frame.bytes;
  log.gathered = 0;
  return {};
}

Status CacheVolume::seal(OpenLog& log, CacheLog which) {
  NF_TRY(flush(log, which));
  const uint64_t bytes = summary_bytes(log.all.size());
  SegmentFrame frame;
  frame.sequence = segments_[log.segment].sequence;
  frame.log = which;
  frame.bytes = static_cast<uint32_t>(bytes);
  frame.count = static_cast<uint32_t>(log.all.size());
  const auto memory = make_aligned_buffer(bytes);
  write_summary(frame, log.all, {memory.get(), bytes});
  const iovec part{memory.get(), bytes};
  const int error = file_->write(log.segment, file_->segment_bytes() - bytes, {&part, 1});
  segments_[log.segment].state = State::kSealed;
  log.open = false;
  log.all.clear();
  return error == 0 ? Status() : broken(error, "writing a summary");
}

Status CacheVolume::begin(CacheLog which, bool* begun) {
  *begun = false;
  OpenLog& log = logs_[index_of(which)];
  if (!evicting_) NF_TRY(make_room());
  if (log.open) {  // begun by an eviction just now
    *begun = true;
    return {};
  }
  auto segment = lowest(State::kFree);
  if (!segment) {
    bool grown = false;
    NF_TRY(grow(&grown));
    segment = lowest(State::kFree);
    if (!segment) return {};
  }
  segments_[*segment] = {State::kOpen, which, next_sequence_++};
  log.open = true;
  log.segment = *segment;
  log.written = log.gathered = 0;
  log.group.clear();
  log.all.clear();
  if (!log.buffer) log.buffer = make_aligned_buffer(std::max(kGroupBytes, largest_) + kCachePage);
  *begun = true;
  return {};
}

// Two free segments: one to begin, one for what the eviction of another one keeps.
Status CacheVolume::make_room() {
  bool grown = true;
  while (count(State::kFree) < 2 && grown) NF_TRY(grow(&grown));
  const bool crowded = index_.size() + index_.most() / 16 >= index_.most();
  for (int i = 0; i < 12 && (count(State::kFree) < 2 || (crowded && i == 0)); ++i) {
    NF_TRY(evict(true));
  }
  return {};
}

std::optional<uint32_t> CacheVolume::victim() {
  std::array<std::optional<uint32_t>, 2> oldest;
  std::array<size_t, 2> counts{};
  for (uint32_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i].state != State::kSealed) continue;
    const size_t log = index_of(segments_[i].log);
    ++counts[log];
    if (!oldest[log] || segments_[i].sequence < segments_[*oldest[log]].sequence) oldest[log] = i;
  }
  return oldest[index_of(policy_.evict_from(counts[0], counts[1], index_.size()))];
}

Status CacheVolume::evict(bool keep) {
  const auto segment = victim();
  if (!segment) return {};
  const CacheLog from = segments_[*segment].log;
  int error = 0;
  const auto records = file_->records(*segment, &error);
  if (error != 0) return broken(error, "reading a summary");
  if (records && records->frame.sequence == segments_[*segment].sequence) {
    if (keep) NF_TRY(move_kept(*segment, from, records->entries));
    for (const EntryRecord& r : records->entries) {
      if (index_.erase(r.key, {*segment, r.at, 0, 0, 0, 0})) policy_.forgotten(from, r.key.lo);
    }
  }
  segments_[*segment].state = State::kFree;
  return {};
}

// At most seven eighths of it, so that every eviction makes room.
Status CacheVolume::move_kept(uint32_t segment, CacheLog from,
                              std::span<const EntryRecord> records) {
  evicting_ = true;
  const uint64_t most = file_->segment_bytes() / 8 * 7;
  uint64_t moved = 0;
  AlignedBuffer memory;
  Status status;
  for (const EntryRecord& r : records) {
    const auto place = index_.find(r.key);
    if (!place || place->segment != segment || place->at != r.at ||
        !policy_.keep(from, place->reads))
      continue;
    if (moved + r.length > most) break;
    if (!memory) memory = make_aligned_buffer(largest_ + 2 * kCachePage);
    const uint64_t start = r.at * kCacheUnit / kCachePage * kCachePage;
    const uint64_t skip = r.at * kCacheUnit - start;
    const uint64_t span = round_up(skip + r.length, kCachePage);
    if (const int error = file_->read(segment, start, {memory.get(), span}); error != 0) {
      status = broken(error, "reading an entry");
      break;
    }
    const Bytes bytes{memory.get() + skip, r.length};
    if (entry_check(r.key, bytes) != r.check) continue;
    bool added = false;
    status = add(CacheLog::kMain, r.key, bytes, &added);
    if (!status.ok() || !added) break;
    counters_.moved.add();
    moved += r.length;
  }
  if (status.ok()) status = flush(logs_[index_of(CacheLog::kMain)], CacheLog::kMain);
  evicting_ = false;
  return status;
}

bool CacheVolume::file_system_full(uint64_t more) const {
  struct statvfs info = {};
  if (::fstatvfs(slot_.dir.get(), &info) != 0) return true;
  const uint64_t free = uint64_t{info.f_bavail} * info.f_frsize;
  const uint64_t all = uint64_t{info.f_blocks} * info.f_frsize;
  return free < all / 100 * options_.keep_free_percent + more;
}

Status CacheVolume::grow(bool* grown) {
  *grown = false;
  const uint64_t size = file_->segment_bytes();
  if (allocated_ == 0) refresh_limit();
  if (allocated_ >= limit_ || file_system_full(size)) {
    if (allocated_ > 0 || limit_ == 0) return {};
    return io_error("the file system of the disk cache " + directory_.path() + " has less than " +
                    std::to_string(options_.keep_free_percent) +
                    " % free; free some of it, or name another directory");
  }
  auto segment = lowest(State::kAbsent);
  if (!segment) {
    if (segments_.size() >= kMostSegments) return {};
    segments_.emplace_back();
    segment = static_cast<uint32_t>(segments_.size() - 1);
  }
  const int error = file_->allocate(*segment);
  if ((error == ENOSPC || error == EDQUOT) && allocated_ > 2) return {};
  if (error != 0) return broken(error, "making room in the file");
  segments_[*segment].state = State::kFree;
  ++allocated_;
  *grown = true;
  return {};
}

// The equal share of those that hold a part now, less what unheld parts still take.
void CacheVolume::refresh_limit() {
  uint64_t live = 1;
  uint64_t others = 0;
  for (const CacheSlotUse& use : directory_.uses()) {
    if (use.number == slot_.number) continue;
    if (!use.locked && use.bytes > 0) {
      const auto slot = directory_.open_slot(use.number, false, true);
      if (!slot.ok() || !slot->lock) continue;
      const uint64_t own = allocated_ * file_->segment_bytes();
      if (own + use.bytes + 2 * file_->segment_bytes() > options_.bytes) {
        CacheDirectory::remove_data(slot->dir.get(), "");
        continue;
      }
    }
    if (use.locked) ++live;
    others += use.bytes;
  }
  const uint64_t share = options_.bytes / live;
  const uint64_t left = options_.bytes - std::min(others, options_.bytes);
  const uint64_t own = allocated_ * file_->segment_bytes();
  // While the others are above their share nobody grows; below it nobody has to shrink.
  limit_ = std::min(share, std::max(left, std::min(own, share))) / file_->segment_bytes();
}

Status CacheVolume::shrink() {
  while (allocated_ > limit_ || (allocated_ > 0 && file_system_full(0))) {
    auto segment = lowest(State::kFree);
    if (!segment) {
      NF_TRY(evict(false));
      segment = lowest(State::kFree);
      if (!segment) return {};
    }
    if (const int error = file_->release(*segment); error != 0) {
      return broken(error, "giving back room in the file");
    }
    segments_[*segment].state = State::kAbsent;
    --allocated_;
  }
  return {};
}

Status CacheVolume::tick() {
  if (!file_->linked()) {
    return io_error("the disk cache's file in " + directory_.path() +
                    " was removed; make the directory again, or unmount");
  }
  refresh_limit();
  return shrink();
}

size_t CacheVolume::count(State state) const {
  return static_cast<size_t>(
      std::ranges::count_if(segments_, [&](const Segment& s) { return s.state == state; }));
}

std::optional<uint32_t> CacheVolume::lowest(State state) const {
  const auto it = std::ranges::find(segments_, state, &Segment::state);
  if (it == segments_.end()) return std::nullopt;
  return static_cast<uint32_t>(it - segments_.begin());
}

}  // namespace neurofs
