// Little-endian integers in byte streams, whatever this machine's order and alignment.
//
// Precondition: the span has at least the integer's size. Pure, thread-safe.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace neurofs {

inline uint32_t load_le32(Bytes from) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | std::to_integer<uint32_t>(from[i]);
  return value;
}

inline void store_le32(uint32_t value, MutableBytes to) {
  for (size_t i = 0; i < 4; ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

}  // namespace neurofs
