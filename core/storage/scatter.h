// Scatter: spreads bytes over a list of destinations that together form one run of bytes.
//
// Pure; any thread. The destinations are those of ReadOp::dests: filled in order.
#pragma once

#include <algorithm>
#include <cstring>

#include "core/base/bytes.h"

namespace neurofs {

inline uint64_t total_size(std::span<const MutableBytes> dests) {
  uint64_t sum = 0;
  for (const auto& d : dests) sum += d.size();
  return sum;
}

// Calls visit(part) for each piece of `dests` that lies in the run's bytes [range).
template <typename Visit>
void for_each_part(std::span<const MutableBytes> dests, ByteRange range, Visit visit) {
  uint64_t start = 0;
  for (const auto& d : dests) {
    const uint64_t from = std::max(range.offset, start);
    const uint64_t to = std::min(range.end(), start + d.size());
    if (from < to) visit(d.subspan(from - start, to - from));
    start += d.size();
    if (start >= range.end()) return;
  }
}

// Copies `source` to the run's bytes from `offset` on.
inline void scatter(Bytes source, std::span<const MutableBytes> dests, uint64_t offset) {
  for_each_part(dests, {offset, source.size()}, [&source](MutableBytes part) {
    std::memcpy(part.data(), source.data(), part.size());
    source = source.subspan(part.size());
  });
}

}  // namespace neurofs
