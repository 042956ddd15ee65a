// The functions of a lens, on float and double, for the host's loops and the device's kernels alike.
//
// Purpose: one definition, so that every executor gives the same values within the stated error. All are
// branch-free arithmetic, so that loops over them become vector code, and keep their RELATIVE accuracy
// where the result goes to zero. Errors in ulp: core/README.md. Pure, thread-safe; NaN gives NaN.
//
//   exp(x) = 2^k e^r, r = x - k ln 2; 2^k is multiplied in last and in two parts, since it, or a product
//   of it with less than the whole, may be subnormal or infinite where the result is not.
//   Phi(-a) = e^(-a^2/2) P(a) / Q(a): all coefficients are positive, so nothing cancels.
//   softplus: log(1 + t) = s + s z R(z), s = t/(1 + t/2), z = s^2, for t = e^-|x|.
//   log(1 + f) = f - f^2/2 + s (f^2/2 + z R(z)), s = f/(2 + f), z = s^2.
// Source: the polynomials are minimax fits (Remez; the quotient: Lawson's weights) of these forms; the last is fdlibm's e_log.c.
#pragma once

#include "core/lens/math_constants.h"

namespace neurofs::element {

// e^x = (1 + less_one) * 2^k; bits: k in the low ones.
template <typename Float>
struct Power {
  Float less_one;
  typename MathConstants<Float>::Bits bits;
};

// e^(x + extra), for |extra| < 0.06.
template <typename Float>
NEUROFS_ELEMENT_FN Power<Float> power(Float x, Float extra) {
  using C = MathConstants<Float>;
  using Bits = typename C::Bits;
  const Float shifted = multiply_add(x, C::kLog2E, C::kRounder);
  const Float k = shifted - C::kRounder;
  const Float r = multiply_add(-k, C::kLn2Low, multiply_add(-k, C::kLn2High, x)) + extra;
  return {multiply_add(r * r, C::exp_rest(r), r), same_bits<Bits>(shifted)};
}

// y * 2^k for k <= 0, by way of a power that is certainly no subnormal number.
template <typename Float>
NEUROFS_ELEMENT_FN Float shrink(Float y, const Power<Float>& p) {
  using C = MathConstants<Float>;
  const auto scale = (p.bits + C::kBias + C::kShrinkBits) << C::kFractionBits;
  return y * same_bits<Float>(scale) * C::kShrink;
}

template <typename Float>
NEUROFS_ELEMENT_FN Float whole(const Power<Float>& p) {  // for k <= 0
  return shrink(1 + p.less_one, p);
}

template <typename Float>
NEUROFS_ELEMENT_FN Float at_most(Float x, Float limit) {  // NaN stays
  return limit < x ? limit : x;
}
template <typename Float>
NEUROFS_ELEMENT_FN Float at_least(Float x, Float limit) {
  return limit > x ? limit : x;
}

NEUROFS_ELEMENT_FN float without_sign(float x) {
  return same_bits<float>(same_bits<uint32_t>(x) & 0x7fffffffu);
}
NEUROFS_ELEMENT_FN double without_sign(double x) {
  return same_bits<double>(same_bits<uint64_t>(x) & 0x7fffffffffffffffu);
}

// The upper half of the digits, so that products of two of these are exact.
template <typename Float>
NEUROFS_ELEMENT_FN Float upper_half(Float x) {
  using C = MathConstants<Float>;
  return same_bits<Float>(same_bits<typename C::Bits>(x) & C::kUpperHalf);
}

// a * b - product, where `product` is a * b rounded.
template <typename Float>
NEUROFS_ELEMENT_FN Float product_error(Float a, Float b, Float product) {
#if defined(__CUDA_ARCH__) || defined(__FMA__)
  return multiply_add(a, b, -product);
#else
  const Float a1 = upper_half(a);
  const Float b1 = upper_half(b);
  const Float a2 = a - a1;
  const Float b2 = b - b1;
  return ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2;
#endif
}

template <typename Float>
NEUROFS_ELEMENT_FN Float exp(Float x) {
  using C = MathConstants<Float>;
  using Bits = typename C::Bits;
  const auto p = power(at_least(at_most(x, C::kExpHigh), C::kExpLow), Float{0});
  // 2^k in two halves; the offset makes k positive for the shift.
  constexpr Bits kOffset = C::kShrinkBits * 4;
  const Bits biased = p.bits - same_bits<Bits>(C::kRounder) + kOffset;
  const Bits first = biased >> 1;
  constexpr Bits kRebias = C::kBias - kOffset / 2;
  return (1 + p.less_one) * same_bits<Float>((first + kRebias) << C::kFractionBits) *
         same_bits<Float>((biased - first + kRebias) << C::kFractionBits);
}

template <typename Float>
NEUROFS_ELEMENT_FN Float tanh(Float x) {
  using C = MathConstants<Float>;
  using Bits = typename C::Bits;
  // (e^2a - 1) / (e^2a + 1), with e^2a - 1 = 2^k (e^r - 1) + (2^k - 1); k is small and not negative.
  const Float a = 2 * at_most(without_sign(x), C::kTanhEnd);
  const Float shifted = multiply_add(a, C::kLog2E, C::kRounder);
  const Float k = shifted - C::kRounder;
  const Float r = multiply_add(-k, C::kLn2Low, multiply_add(-k, C::kLn2High, a));
  const Bits exponent = same_bits<Bits>(shifted) - same_bits<Bits>(C::kRounder) + C::kBias;
  const Float scale = same_bits<Float>(exponent << C::kFractionBits);
  const Float less_one = scale * multiply_add(r * r, C::exp_rest(r), r) + (scale - 1);
  const Float size = less_one / (less_one + 2);
  return same_bits<Float>(same_bits<Bits>(size) | (same_bits<Bits>(x) & C::kSign));
}

// y / (1 + e^-a) for x >= 0, y e^-a / (1 + e^-a) for x < 0, where p is e^-a.
template <typename Float>
NEUROFS_ELEMENT_FN Float logistic(Float x, Float y, const Power<Float>& p) {
  const Float fraction = 1 + p.less_one;
  const Float ratio = (x < 0 ? y * fraction : y) / (1 + whole(p));
  return x < 0 ? shrink(ratio, p) : ratio;
}

template <typename Float>
NEUROFS_ELEMENT_FN Float sigmoid(Float x) {
  const Float a = at_most(without_sign(x), -MathConstants<Float>::kProductLow);
  return logistic(x, Float{1}, power(-a, Float{0}));
}

template <typename Float>
NEUROFS_ELEMENT_FN Float silu(Float x) {
  const Float low = MathConstants<Float>::kProductLow;
  const Float a = at_most(without_sign(x), -low);
  return logistic(x, at_least(x, low), power(-a, Float{0}));
}

template <typename Float>
NEUROFS_ELEMENT_FN Float gelu_tanh(Float x) {
  using C = MathConstants<Float>;
  const Float a = at_most(without_sign(x), C::kGeluTanhEnd);
  // w = a (c1 + c3 a^2) in twice the digits: it is an exponent.
  const Float square = a * a;
  const Float cubic = C::kCubic * square;
  const Float cubic_error = product_error(C::kCubic, square, cubic) +
                            C::kCubic * product_error(a, a, square) + C::kCubicLow * square;
  const Float sum = C::kLinear + cubic;
  const Float back = sum - C::kLinear;
  const Float sum_error =
      ((C::kLinear - (sum - back)) + (cubic - back)) + cubic_error + C::kLinearLow;
  const Float w = a * sum;
  const Float w_error = product_error(a, sum, w) + a * sum_error;
  return logistic(x, at_least(x, -C::kGeluTanhEnd), power(-w, -w_error));
}

template <typename Float>
NEUROFS_ELEMENT_FN Float gelu(Float x) {
  using C = MathConstants<Float>;
  const Float a = at_most(without_sign(x), C::kGeluEnd);
  // a^2 in twice the digits: it is an exponent.
  const Float square = a * a;
  const Power<Float> p = power(Float{-0.5} * square, Float{-0.5} * product_error(a, a, square));
  const Float tail = C::tail(a);  // Phi(-a) / e^(-a^2/2)
  // x Phi(x) = max(x, 0) - a Phi(-a); of zeros each keeps its sign.
  const Float less = shrink(a * multiply_add(tail, p.less_one, tail), p);
  const Float result = (x < 0 ? Float{-0.0} : x) - less;
  // A NaN's own sign and payload: which operand's the arithmetic keeps is up to the instructions.
  return x != x ? x + x : result;
}

// k ln 2 + log(1 + f), for 1 + f between sqrt(1/2) and sqrt(2).
template <typename Float>
NEUROFS_ELEMENT_FN Float log_of(Float k, Float f) {
  using C = MathConstants<Float>;
  const Float s = f / (2 + f);
  const Float z = s * s;
  const Float half_square = Float{0.5} * f * f;
  const Float rest = multiply_add(s, multiply_add(z, C::log_rest(z), half_square), k * C::kLn2Low);
  return multiply_add(k, C::kLn2High, -((half_square - rest) - f));
}

template <typename Float>
NEUROFS_ELEMENT_FN Float softplus(Float x) {
  using C = MathConstants<Float>;
  const Float a = at_most(without_sign(x), -C::kExpLow);
  const Float t = whole(power(-a, Float{0}));
  // log(1 + t) for 0 <= t <= 1: one range is enough.
  const Float s = t / multiply_add(Float{0.5}, t, Float{1});
  const Float z = s * s;
  return (x > 0 ? x : Float{0}) + multiply_add(s, z * C::log1p_rest(z), s);
}

template <typename Float>
NEUROFS_ELEMENT_FN Float log1p(Float x) {
  using C = MathConstants<Float>;
  using Bits = typename C::Bits;
  // 1 + x = 2^k (1 + f); k comes from the rounded sum, f from x itself.
  const Bits sum = same_bits<Bits>(Float{1} + x);
  const Bits biased = (sum - same_bits<Bits>(C::kSqrtHalf) + (Bits{64} << C::kFractionBits)) >>
                      C::kFractionBits;  // k + 64
  const Float scale = same_bits<Float>((C::kBias + 64 - biased) << C::kFractionBits);
  const Float small = x * scale + (scale - 1);
  const Float large = same_bits<Float>(sum - ((biased - 64) << C::kFractionBits)) - 1;
  const Float f = biased > 64 + C::kFractionBits + 2 ? large : biased == 64 ? x : small;
  const Float k = same_bits<Float>(same_bits<Bits>(C::kInteger) | biased) - (C::kInteger + 64);
  const Float inside = x > C::kGreatest || x == 0 ? x : log_of(k, f);
  const Float edge = x == -1 ? -C::kInfinity : C::kNan;
  return x > -1 ? inside : edge;
}

}  // namespace neurofs::element
