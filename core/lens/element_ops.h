// The steps of a lens that are plain arithmetic, on one element in its register.
//
// Purpose: the one definition of relu, clip and so on for the host's loops and the device's kernels.
// Floating-point versions take float or double, the others any integer type (bool is uint8_t, 0 or 1).
// A NaN passes through every one. Pure, thread-safe, branch-free.
#pragma once

#include "core/lens/element_types.h"

namespace neurofs::element {

NEUROFS_ELEMENT_FN float magnitude(float x) {
  return __builtin_fabsf(x);
}
NEUROFS_ELEMENT_FN double magnitude(double x) {
  return __builtin_fabs(x);
}
template <typename Int>
NEUROFS_ELEMENT_FN Int magnitude(Int x) {  // of the least value: itself, as NumPy's
  if constexpr (IntegerLimits<Int>::kSigned) {
    return static_cast<Int>(x < 0 ? uint64_t{0} - static_cast<uint64_t>(x)
                                  : static_cast<uint64_t>(x));
  } else {
    return x;
  }
}

// -0 becomes 0.
template <typename Real>
NEUROFS_ELEMENT_FN Real relu(Real x) {
  return x <= Real{0} ? Real{0} : x;
}

template <typename Float>
NEUROFS_ELEMENT_FN Float leaky_relu(Float x, Float slope) {
  const Float scaled = slope * x;
  return x > Float{0} ? x : scaled;
}

template <typename Real>
NEUROFS_ELEMENT_FN Real clip(Real x, Real low, Real high) {
  const Real raised = x < low ? low : x;
  return raised > high ? high : raised;
}

template <typename Float>
NEUROFS_ELEMENT_FN Float threshold(Float x, Float limit) {
  return x <= limit ? Float{0} : x;
}

// What a limit that is no integer, or out of range, means for integers.
template <typename Int>
struct IntegerThreshold {
  Int limit;
  bool keep_all;
};
template <typename Int>
NEUROFS_ELEMENT_FN IntegerThreshold<Int> integer_threshold(double limit) {
  // x > limit is x > floor(limit); truncation is that but for negative limits with a fraction.
  const auto whole = float_to_integer<Int>(limit);
  const bool above = static_cast<double>(whole) > limit;
  constexpr Int kMin = IntegerLimits<Int>::kMin;
  const bool keep_all = limit < static_cast<double>(kMin);
  return {static_cast<Int>(above && whole > kMin ? whole - 1 : whole), keep_all};
}
template <typename Int>
NEUROFS_ELEMENT_FN Int threshold(Int x, IntegerThreshold<Int> t) {
  return ((x > t.limit) | t.keep_all) ? x : Int{0};
}

// To the nearest integer, ties to even: adding 2^23 (2^52) leaves no bits for a fraction.
NEUROFS_ELEMENT_FN float round_even(float x) {
  const float size = __builtin_fabsf(x);
  const float whole = (size + 0x1p23f) - 0x1p23f;
  return __builtin_copysignf(size < 0x1p23f ? whole : size, x);
}
NEUROFS_ELEMENT_FN double round_even(double x) {
  const double size = __builtin_fabs(x);
  const double whole = (size + 0x1p52) - 0x1p52;
  return __builtin_copysign(size < 0x1p52 ? whole : size, x);
}

// |re + i im|. In double a float's squares neither overflow nor lose bits.
NEUROFS_ELEMENT_FN float complex_magnitude(float re, float im) {
  const double x = re;
  const double y = im;
  const auto size = static_cast<float>(__builtin_sqrt(x * x + y * y));
  const bool infinite = __builtin_isinf(re) || __builtin_isinf(im);  // also beside a NaN
  return infinite ? __builtin_inff() : size;
}
NEUROFS_ELEMENT_FN double complex_magnitude(double re, double im) {
  const double x = __builtin_fabs(re);
  const double y = __builtin_fabs(im);
  const double larger = x > y ? x : y;
  // A power of two brings the larger part near 1, where squares are exact enough and cannot overflow.
  const double scale = larger > 0x1p500 ? 0x1p-600 : larger < 0x1p-500 ? 0x1p600 : 1.0;
  const double a = x * scale;
  const double b = y * scale;
  const double size = __builtin_sqrt(a * a + b * b) / scale;
  const bool infinite = __builtin_isinf(re) || __builtin_isinf(im);
  return infinite ? __builtin_inf() : size;
}

}  // namespace neurofs::element
