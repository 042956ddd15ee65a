// ReplayTrace: a recorded sequence of reads, in blocks, as text files hold it.
//
// Purpose: what replay() runs through the production predictors and eviction policies. Two forms of
// line, told apart by themselves, both with blank lines and comments (#) allowed anywhere:
//   handle,block[,count]   a read of `count` (default 1) blocks from `block` on by reader `handle`
//   block                  a read of one block by reader 0
// A first line "# grid z y x" says how many blocks lie along each axis; blocks are numbered in C
// order over it. Without it the blocks have one axis that ends at the largest number read.
// Thread-safety: plain value. Units: blocks. Errors: kInvalidArgument names the line; kNoMemory past
// kMostReads lines. All input is hostile: any bytes are refused or read, within bounded memory.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/geometry/shape.h"
#include "core/prefetch/predictor.h"

namespace neurofs {

struct TraceRead {
  uint64_t stream = 0;
  BlockRun run;
};

struct ReplayTrace {
  static constexpr size_t kMostReads = size_t{1} << 27;
  static constexpr uint64_t kMostBlocks = uint64_t{1} << 62;
  static constexpr uint64_t kMostBlocksOfRead = uint64_t{1} << 20;

  Dims grid{};               // empty: one axis
  uint64_t block_count = 0;  // runs end at or before it
  std::vector<TraceRead> reads;
};

// `name` is for messages.
Result<ReplayTrace> parse_trace(std::istream& in, const std::string& name);
Result<ReplayTrace> read_trace(const std::string& path);

}  // namespace neurofs
