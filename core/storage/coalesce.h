// plan_merged_reads: many small reads of the same objects become few large ones.
//
// Purpose: the engine asks for blocks; blocks that lie beside each other in an object are fetched
// by one read, and a gap too small to be worth a second request is read along and dropped.
// Pure; any thread. Ownership: the result borrows keys and destinations of the input, and owns the
// memory that takes the bytes of the gaps.
// Units: bytes. Order: by key, then offset. Complexity: O(n log n).
//
//   auto merged = plan_merged_reads(blocks, 4096, 1 << 20);
//   for (const MergedRead& m : merged) ops.push_back(m.op());
//   store.read(ops);     // then the outcome of op i holds for every block in merged[i].parts
//
// A missing object is missing for all parts. A merged read that fails may fail because of one part
// only (a truncated object): read the parts one by one to tell which.
#pragma once

#include <vector>

#include "core/storage/aligned_buffer.h"
#include "core/storage/object_store.h"

namespace neurofs {

struct BlockRead {
  std::string_view key;
  ByteRange range;
  std::span<const MutableBytes> dests;  // their sizes sum to range.length
};

struct MergedRead {
  std::string_view key;
  ByteRange range;
  std::vector<MutableBytes> dests;
  std::vector<size_t> parts;  // indices into the input, by offset
  AlignedBuffer gap;          // null without gaps; the gaps share it

  // Borrows from this: keep it in place until the read is done.
  ReadOp op() const {
    ReadOp op;
    op.key = key;
    op.range = range;
    op.dests = dests;
    return op;
  }
};

// Merges reads of one object that touch or lie at most `max_gap` bytes apart, as long as the whole
// has at most `max_bytes` (a single read may have more). Reads that overlap stay apart, for a byte
// cannot go to two places, and so do reads whose range passes 2^64.
std::vector<MergedRead> plan_merged_reads(std::span<const BlockRead> reads, uint64_t max_gap,
                                          uint64_t max_bytes);

}  // namespace neurofs
