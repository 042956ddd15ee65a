// mix(): spreads all bits of a block number, for tables indexed by a part of them. (Finalizer of
// MurmurHash3.)
#pragma once

#include <cstdint>

namespace neurofs {

inline uint64_t mix(uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ULL;
  return h ^ (h >> 33);
}

}  // namespace neurofs
