// Scatter: walks a list of destinations that together form one run of bytes.
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

// A place in the run: a destination and the bytes of it that lie before.
struct RunCursor {
  size_t index = 0;
  size_t skip = 0;
};

// Calls visit(part) for the next `length` bytes of the run and moves the cursor behind them.
template <typename Visit>
void walk_run(std::span<const MutableBytes> dests, RunCursor& at, uint64_t length, Visit visit) {
  while (length > 0 && at.index < dests.size()) {
    const MutableBytes rest = dests[at.index].subspan(at.skip);
    const size_t n = static_cast<size_t>(std::min<uint64_t>(rest.size(), length));
    if (n > 0) visit(rest.first(n));
    length -= n;
    if (n == rest.size()) {
      at = {at.index + 1, 0};
    } else {
      at.skip += n;
    }
  }
}

inline void scatter(Bytes source, std::span<const MutableBytes> dests, RunCursor at = {}) {
  walk_run(dests, at, source.size(), [&source](MutableBytes part) {
    std::memcpy(part.data(), source.data(), part.size());
    source = source.subspan(part.size());
  });
}

}  // namespace neurofs
