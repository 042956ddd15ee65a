// Checked integer arithmetic: every size that comes from metadata or a name passes through here.
//
// Each function returns false on overflow and leaves `out` unspecified then.
#pragma once

#include <cstdint>

namespace neurofs {

template <typename T>
[[nodiscard]] constexpr bool checked_add(T a, T b, T* out) {
  return !__builtin_add_overflow(a, b, out);
}
template <typename T>
[[nodiscard]] constexpr bool checked_sub(T a, T b, T* out) {
  return !__builtin_sub_overflow(a, b, out);
}
template <typename T>
[[nodiscard]] constexpr bool checked_mul(T a, T b, T* out) {
  return !__builtin_mul_overflow(a, b, out);
}

// ceil(a / b) for a >= 0, b > 0; cannot overflow.
template <typename T>
constexpr T ceil_div(T a, T b) {
  return a / b + (a % b != 0 ? 1 : 0);
}

// The smallest multiple of `unit` that is >= value, false on overflow.
[[nodiscard]] constexpr bool checked_round_up(uint64_t value, uint64_t unit, uint64_t* out) {
  return checked_mul(ceil_div(value, unit), unit, out);
}

}  // namespace neurofs
