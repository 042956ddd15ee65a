#include "core/base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace neurofs {

uint32_t crc32c(Bytes data, uint32_t seed) {
  constexpr size_t kLongest = size_t{1} << 30;  // ISA-L takes an int
  uint32_t state = ~seed;
  while (!data.empty()) {
    const Bytes part = data.first(std::min(data.size(), kLongest));
    // ISA-L does not write through the pointer; its prototype lacks the const.
    auto* bytes = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(part.data()));
    state = crc32_iscsi(bytes, static_cast<int>(part.size()), state);
    data = data.subspan(part.size());
  }
  return ~state;
}

}  // namespace neurofs
