// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by ISA-L with the CPU's instructions.
//
// Thread-safe, pure. `seed` continues an earlier result: crc32c(b, crc32c(a)) == crc32c(a + b).
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace neurofs {

uint32_t crc32c(Bytes data, uint32_t seed = 0);

}  // namespace neurofs
