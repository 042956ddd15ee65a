#include "core/storage/disk_cache/segment_format.h"

#include <algorithm>
#include <cstring>

#include "core/base/checked.h"
#include "core/base/crc32c.h"

namespace neurofs {
namespace {

constexpr uint64_t kGroupMagic = 0x3150554f5247464e;    // "NFGROUP1"
constexpr uint64_t kSummaryMagic = 0x314d4d555353464e;  // "NFSSUMM1"

struct RawFrame {
  uint64_t magic = 0;
  uint64_t sequence = 0;
  uint32_t log = 0;
  uint32_t at = 0;
  uint32_t bytes = 0;
  uint32_t header_bytes = 0;
  uint32_t count = 0;
  uint32_t crc = 0;
  uint64_t reserved[3] = {};
};
static_assert(sizeof(RawFrame) == kFrameBytes);

// Of a frame, its own crc taken as 0, and what goes with it.
uint32_t frame_crc(RawFrame frame, Bytes rest) {
  frame.crc = 0;
  return crc32c(rest, crc32c(std::as_bytes(std::span(&frame, 1))));
}

RawFrame raw_of(uint64_t magic, const SegmentFrame& frame) {
  RawFrame raw;
  raw.magic = magic;
  raw.sequence = frame.sequence;
  raw.log = static_cast<uint32_t>(frame.log);
  raw.at = frame.at;
  raw.bytes = frame.bytes;
  raw.header_bytes = frame.header_bytes;
  raw.count = frame.count;
  return raw;
}

std::optional<SegmentFrame> frame_of(uint64_t magic, Bytes bytes) {
  RawFrame raw;
  if (bytes.size() < sizeof raw) return std::nullopt;
  std::memcpy(&raw, bytes.data(), sizeof raw);
  if (raw.magic != magic || raw.log > static_cast<uint32_t>(CacheLog::kMain)) return std::nullopt;
  return SegmentFrame{
      raw.sequence, static_cast<CacheLog>(raw.log), raw.at, raw.bytes, raw.header_bytes, raw.count};
}

bool within(const EntryRecord& record, uint64_t segment_bytes) {
  return record.length > 0 && record.at * kCacheUnit + record.length <= segment_bytes;
}

std::optional<std::vector<EntryRecord>> records_of(Bytes frame, Bytes rest, uint32_t count,
                                                   uint64_t segment_bytes) {
  RawFrame raw;
  std::memcpy(&raw, frame.data(), sizeof raw);
  if (frame_crc(raw, rest) != raw.crc) return std::nullopt;
  std::vector<EntryRecord> records(count);
  if (count > 0) std::memcpy(records.data(), rest.data(), count * sizeof(EntryRecord));
  std::erase_if(records, [&](const EntryRecord& r) { return !within(r, segment_bytes); });
  return records;
}

void fill(MutableBytes out, std::span<const EntryRecord> records) {
  const Bytes bytes = std::as_bytes(records);
  std::copy(bytes.begin(), bytes.end(), out.begin());
  std::fill(out.begin() + static_cast<ptrdiff_t>(bytes.size()), out.end(), std::byte{0});
}

}  // namespace

uint32_t entry_check(const CacheKey& key, Bytes bytes) {
  const std::array<uint64_t, 4> head{key.hi, key.lo, key.version, bytes.size()};
  return crc32c(bytes, crc32c(std::as_bytes(std::span(head))));
}

uint64_t entry_alignment(uint64_t length) {
  return length % kCachePage == 0 ? kCachePage : kCacheUnit;
}

uint64_t group_header_bytes(size_t entries) {
  return ceil_div<uint64_t>(kFrameBytes + entries * sizeof(EntryRecord), kCachePage) * kCachePage;
}

uint64_t summary_bytes(size_t entries) {
  return group_header_bytes(entries);
}

void write_group_header(const SegmentFrame& frame, std::span<const EntryRecord> records,
                        MutableBytes out) {
  fill(out.subspan(kFrameBytes), records);
  RawFrame raw = raw_of(kGroupMagic, frame);
  raw.crc = frame_crc(raw, out.subspan(kFrameBytes));
  std::memcpy(out.data(), &raw, sizeof raw);
}

void write_summary(const SegmentFrame& frame, std::span<const EntryRecord> records,
                   MutableBytes out) {
  const MutableBytes rest = out.first(out.size() - kFrameBytes);
  fill(rest, records);
  RawFrame raw = raw_of(kSummaryMagic, frame);
  raw.crc = frame_crc(raw, rest);
  std::memcpy(out.data() + rest.size(), &raw, sizeof raw);
}

std::optional<SegmentFrame> peek_group(Bytes bytes, uint64_t segment_bytes) {
  const auto frame = frame_of(kGroupMagic, bytes);
  if (!frame) return std::nullopt;
  const uint64_t end = uint64_t{frame->at} + frame->bytes;
  if (frame->at % kCachePage != 0 || frame->bytes % kCachePage != 0 || end > segment_bytes ||
      frame->header_bytes != group_header_bytes(frame->count) ||
      frame->header_bytes > frame->bytes) {
    return std::nullopt;
  }
  return frame;
}

std::optional<SegmentFrame> peek_summary(Bytes bytes, uint64_t segment_bytes) {
  const auto frame = frame_of(kSummaryMagic, bytes);
  if (!frame || frame->bytes != summary_bytes(frame->count) || frame->bytes > segment_bytes) {
    return std::nullopt;
  }
  return frame;
}

std::optional<std::vector<EntryRecord>> parse_group(const SegmentFrame& frame, Bytes header,
                                                    uint64_t segment_bytes) {
  if (header.size() != frame.header_bytes) return std::nullopt;
  return records_of(header.first(kFrameBytes), header.subspan(kFrameBytes), frame.count,
                    segment_bytes);
}

std::optional<std::vector<EntryRecord>> parse_summary(const SegmentFrame& frame, Bytes summary,
                                                      uint64_t segment_bytes) {
  if (summary.size() != frame.bytes) return std::nullopt;
  return records_of(summary.last(kFrameBytes), summary.first(summary.size() - kFrameBytes),
                    frame.count, segment_bytes);
}

}  // namespace neurofs
