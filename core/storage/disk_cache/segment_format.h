// The bytes of a segment of the disk cache, and their checks.
//
// Purpose: a segment is a run of groups, each written by one call: a header that names its entries, then their
// bytes. When it is full its last pages hold a summary: the records of all its entries. Both carry the segment's
// sequence number, which is never used twice, so what an earlier use of the same place left is told apart.
// Nothing orders the writes; a header says what was meant to be there, and an entry's own check whether it is.
// Pure, no I/O; any thread. Units: bytes, but EntryRecord::at in units of 512. Little-endian.
// Errors: parsers return nothing for bytes that are not theirs; what they return lies within the segment.
#pragma once

#include <optional>
#include <vector>

#include "core/storage/disk_cache/cache_key.h"

namespace neurofs {

constexpr uint64_t kCacheUnit = 512;   // entries begin at multiples of it
constexpr uint64_t kCachePage = 4096;  // groups begin at multiples of it
constexpr uint64_t kMostSegmentBytes = uint64_t{64} << 20;
constexpr size_t kFrameBytes = 64;  // of a group's header without its records, and of a summary's

enum class CacheLog : uint8_t { kProbation, kMain };

struct EntryRecord {
  CacheKey key;
  uint32_t at = 0;  // in the segment
  uint32_t length = 0;
  uint32_t check = 0;
  uint32_t reserved = 0;
};
static_assert(sizeof(EntryRecord) == 40);

// CRC-32C of key, version, length and bytes together.
uint32_t entry_check(const CacheKey& key, Bytes bytes);

// What an entry takes in a group. Whole pages begin at pages, so that they are read without a detour.
uint64_t entry_alignment(uint64_t length);

struct SegmentFrame {
  uint64_t sequence = 0;
  CacheLog log = CacheLog::kProbation;
  uint32_t at = 0;            // bytes from the segment's start, of a group
  uint32_t bytes = 0;         // of the group, or of the summary
  uint32_t header_bytes = 0;  // of a group's header
  uint32_t count = 0;
};

uint64_t group_header_bytes(size_t entries);
uint64_t summary_bytes(size_t entries);

// `out` has frame.header_bytes, resp. summary_bytes(records.size()).
void write_group_header(const SegmentFrame& frame, std::span<const EntryRecord> records,
                        MutableBytes out);
void write_summary(const SegmentFrame& frame, std::span<const EntryRecord> records,
                   MutableBytes out);

// The frame alone, from the first 64 bytes of a group or the last 64 of a segment. Not checked by a CRC.
std::optional<SegmentFrame> peek_group(Bytes frame, uint64_t segment_bytes);
std::optional<SegmentFrame> peek_summary(Bytes frame, uint64_t segment_bytes);

// The records, when the CRC over frame and records is right.
std::optional<std::vector<EntryRecord>> parse_group(const SegmentFrame& frame, Bytes header,
                                                    uint64_t segment_bytes);
std::optional<std::vector<EntryRecord>> parse_summary(const SegmentFrame& frame, Bytes summary,
                                                      uint64_t segment_bytes);

}  // namespace neurofs
