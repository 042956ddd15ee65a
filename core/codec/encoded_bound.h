// Upper bounds of encoded sizes, saturating: a bound that overflows bounds nothing, but never
// wraps.
//
// Pure, thread-safe. Units: bytes.
#pragma once

#include <cstddef>
#include <limits>

#include "core/base/checked.h"

namespace neurofs {

inline size_t bound_plus(size_t size, size_t extra) {
  size_t sum = 0;
  return checked_add(size, extra, &sum) ? sum : std::numeric_limits<size_t>::max();
}

// What no sane compressor passes, however it splits its input into frames, members or stored
// blocks: twice the input and 64 KiB.
inline size_t compressed_bound(size_t size) {
  return bound_plus(bound_plus(size, size), size_t{64} << 10);
}

}  // namespace neurofs
