// Conversions of one number between data types, for the host's loops and the device's kernels alike.
//
// Purpose: what a cast gives, stated once. Branch-free, so that loops over them become vector code.
// float16, bfloat16 and float8 are their bits in an unsigned integer; everything rounds to nearest even.
//   to float16: straight from float or double, as NumPy; to bfloat16 and float8 by way of float, as
//   ml_dtypes. Past the greatest value: infinity; NaN in float8_e4m3fn, which has no infinity.
//   to integers from floating point: the fraction is dropped; what is out of range, which NumPy leaves
//   undefined, goes to the nearest end, and NaN to 0. A NaN keeps its sign; its payload is not kept.
// Pure, thread-safe. Source: IEEE 754; OCP 8-bit floating point specification 1.0; ml_dtypes.
#pragma once

#include <cstdint>

#include "core/lens/element_function.h"

namespace neurofs::element {

// The layout of a floating-point type narrower than float.
template <int kFractionBits, int kBias>
struct SmallFloat {
  static constexpr int kShift = 23 - kFractionBits;
  static constexpr uint32_t kRebias = static_cast<uint32_t>(127 - kBias) << 23;
  static constexpr uint32_t kSmallestNormal = kRebias + (1u << 23);  // as a float's bits

  // The float of these magnitude bits, where they are no infinity and no NaN.
  NEUROFS_ELEMENT_FN uint32_t widen(uint32_t magnitude) {
    const uint32_t normal = (magnitude << kShift) + kRebias;
    const float subnormal =
        same_bits<float>(normal + (1u << 23)) - same_bits<float>(kSmallestNormal);
    return magnitude < (1u << kFractionBits) ? same_bits<uint32_t>(subnormal) : normal;
  }

  // The magnitude bits for a float's magnitude bits; what is too large only comes out as too large.
  NEUROFS_ELEMENT_FN uint32_t narrow(uint32_t magnitude) {
    // In this binade of floats the last bit weighs what the last bit of a subnormal result does.
    constexpr uint32_t kAligned = kRebias + (static_cast<uint32_t>(kShift + 1) << 23);
    const float aligned = same_bits<float>(magnitude) + same_bits<float>(kAligned);
    const uint32_t subnormal = same_bits<uint32_t>(aligned) - kAligned;
    const uint32_t odd = (magnitude >> kShift) & 1;
    const uint32_t normal = (magnitude - kRebias + ((1u << (kShift - 1)) - 1) + odd) >> kShift;
    return magnitude < kSmallestNormal ? subnormal : normal;
  }
};
using HalfLayout = SmallFloat<10, 15>;
using E4m3Layout = SmallFloat<3, 7>;
using E5m2Layout = SmallFloat<2, 15>;

inline constexpr uint32_t kFloatSign = 0x80000000u;
inline constexpr uint32_t kFloatInfinity = 0x7f800000u;
inline constexpr uint32_t kFloatNan = 0x7fc00000u;

NEUROFS_ELEMENT_FN float half_to_float(uint16_t half) {
  const uint32_t magnitude = half & 0x7fffu;
  const uint32_t quiet = magnitude > 0x7c00u ? kFloatNan : kFloatInfinity;  // as VCVTPH2PS
  const uint32_t special = quiet | (magnitude << HalfLayout::kShift);
  const uint32_t bits = magnitude < 0x7c00u ? HalfLayout::widen(magnitude) : special;
  return same_bits<float>(bits | static_cast<uint32_t>(half & 0x8000u) << 16);
}

NEUROFS_ELEMENT_FN uint16_t float_to_half(float value) {
  const auto bits = same_bits<uint32_t>(value);
  const uint32_t magnitude = bits & ~kFloatSign;
  const uint32_t nan = 0x7e00u | ((magnitude >> HalfLayout::kShift) & 0x3ffu);  // as VCVTPS2PH
  const uint32_t special = magnitude > kFloatInfinity ? nan : 0x7c00u;
  const uint32_t half = magnitude < 0x47800000u ? HalfLayout::narrow(magnitude) : special;
  return static_cast<uint16_t>(half | (bits & kFloatSign) >> 16);
}

NEUROFS_ELEMENT_FN float bfloat_to_float(uint16_t value) {
  return same_bits<float>(static_cast<uint32_t>(value) << 16);
}

NEUROFS_ELEMENT_FN uint16_t float_to_bfloat(float value) {
  const auto bits = same_bits<uint32_t>(value);
  const uint32_t nan = 0x7fc0u | (bits & kFloatSign) >> 16;
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16;
  return static_cast<uint16_t>((bits & ~kFloatSign) > kFloatInfinity ? nan : rounded);
}

NEUROFS_ELEMENT_FN float e4m3fn_to_float(uint8_t value) {
  const uint32_t magnitude = value & 0x7fu;
  const uint32_t bits = magnitude < 0x7fu ? E4m3Layout::widen(magnitude) : kFloatNan;
  return same_bits<float>(bits | static_cast<uint32_t>(value & 0x80u) << 24);
}

NEUROFS_ELEMENT_FN uint8_t float_to_e4m3fn(float value) {
  const auto bits = same_bits<uint32_t>(value);
  const uint32_t magnitude = bits & ~kFloatSign;
  const uint32_t narrow = E4m3Layout::narrow(magnitude);
  const uint32_t kept = magnitude < 0x44000000u && narrow < 0x7fu ? narrow : 0x7fu;  // below 512
  return static_cast<uint8_t>(kept | (bits & kFloatSign) >> 24);
}

NEUROFS_ELEMENT_FN float e5m2_to_float(uint8_t value) {
  return half_to_float(static_cast<uint16_t>(value << 8));
}

NEUROFS_ELEMENT_FN uint8_t float_to_e5m2(float value) {
  const auto bits = same_bits<uint32_t>(value);
  const uint32_t magnitude = bits & ~kFloatSign;
  const uint32_t special = magnitude > kFloatInfinity ? 0x7eu : 0x7cu;
  const uint32_t narrow = magnitude < 0x47800000u ? E5m2Layout::narrow(magnitude) : special;
  return static_cast<uint8_t>(narrow | (bits & kFloatSign) >> 24);
}

// Rounds to odd: the last bit is set where anything was lost, so that rounding the float to fewer bits
// gives what rounding the double at once would have.
NEUROFS_ELEMENT_FN float double_to_float_odd(double value) {
  const auto nearest = static_cast<float>(value);
  const double back = nearest;
  const uint32_t lost = back != value && value == value ? 1u : 0u;
  const uint32_t passed = __builtin_fabs(back) > __builtin_fabs(value) ? lost : 0u;
  return same_bits<float>((same_bits<uint32_t>(nearest) - passed) | lost);
}

NEUROFS_ELEMENT_FN uint16_t double_to_half(double value) {
  return float_to_half(double_to_float_odd(value));
}

template <typename Int>
struct IntegerLimits {
  static constexpr bool kSigned = static_cast<Int>(-1) < 0;
  static constexpr int kBits = static_cast<int>(sizeof(Int)) * 8 - (kSigned ? 1 : 0);
  static constexpr Int kMax = static_cast<Int>(~uint64_t{0} >> (64 - kBits));
  static constexpr Int kMin = kSigned ? static_cast<Int>(-kMax - 1) : Int{0};
};

// Truncates; out of range goes to the nearest end, NaN to 0.
template <typename Int, typename Float>
NEUROFS_ELEMENT_FN Int float_to_integer(Float value) {
  using Limits = IntegerLimits<Int>;
  constexpr Float kEnd = static_cast<Float>(uint64_t{1} << (Limits::kBits - 1)) * 2;
  constexpr Float kLow = Limits::kSigned ? -kEnd : Float{0};
  Float inside = value < kLow ? kLow : value;
  inside = inside < kEnd ? inside : Float{0};
  Int result;
  if constexpr (sizeof(Int) <= 2) {
    result = static_cast<Int>(static_cast<int32_t>(inside));
  } else {
    result = static_cast<Int>(inside);
  }
  return value >= kEnd ? Limits::kMax : result;
}

// To the nearest end where the value is out of range.
template <typename To, typename From>
NEUROFS_ELEMENT_FN To saturate_integer(From value) {
  using T = IntegerLimits<To>;
  using F = IntegerLimits<From>;
  From inside = value;
  if constexpr (F::kSigned && (!T::kSigned || F::kBits > T::kBits)) {
    constexpr From kLow = T::kSigned ? static_cast<From>(T::kMin) : From{0};
    inside = inside < kLow ? kLow : inside;
  }
  if constexpr (F::kBits > T::kBits) {
    constexpr From kHigh = static_cast<From>(T::kMax);
    inside = inside > kHigh ? kHigh : inside;
  }
  return static_cast<To>(inside);
}

}  // namespace neurofs::element
