#include "core/codec/byte_swap.h"

#include <cstring>

namespace neurofs {

namespace {

uint16_t swapped(uint16_t v) {
  return __builtin_bswap16(v);
}
uint32_t swapped(uint32_t v) {
  return __builtin_bswap32(v);
}
uint64_t swapped(uint64_t v) {
  return __builtin_bswap64(v);
}

template <typename Unit>
void swap_units(std::byte* data, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    Unit unit;
    std::memcpy(&unit, data + i * sizeof(Unit), sizeof(Unit));
    unit = swapped(unit);
    std::memcpy(data + i * sizeof(Unit), &unit, sizeof(Unit));
  }
}

}  // namespace

void byte_swap(MutableBytes data, size_t unit) {
  switch (unit) {
    case 2:
      return swap_units<uint16_t>(data.data(), data.size() / 2);
    case 4:
      return swap_units<uint32_t>(data.data(), data.size() / 4);
    case 8:
      return swap_units<uint64_t>(data.data(), data.size() / 8);
    default:
      return;  // single bytes have no order
  }
}

}  // namespace neurofs
