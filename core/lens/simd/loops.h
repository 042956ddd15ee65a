// The loops of LensLoops, for the instruction set that the including file is compiled for.
//
// Everything here has internal linkage and no function of the standard library is called: a copy compiled
// with newer instructions must never be what another file's call is linked to.
// Included once by each simd/loops_*.cc, for its `kLoops`.
#pragma once

#include "core/lens/element_cast.h"
#include "core/lens/element_math.h"
#include "core/lens/element_ops.h"
#include "core/lens/lens_loops.h"
#if defined(__F16C__)
#include <immintrin.h>
#endif

// gcc's partial redundancy elimination computes both arms of a clip to the end of a function and then
// selects each intermediate result: a third of the speed.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-pre")
#endif

namespace neurofs {
namespace {

using namespace element;  // NOLINT(google-build-using-namespace)

template <typename T>
struct AnyAddress {
  typedef T type __attribute__((aligned(1), may_alias));  // NOLINT(modernize-use-using)
};
template <typename Float>
struct AnyAddress<Complex<Float>> {
  struct __attribute__((packed, may_alias)) type {
    Float re;
    Float im;
    type& operator=(const Complex<Float>& x) {
      re = x.re;
      im = x.im;
      return *this;
    }
    operator Complex<Float>() const { return {re, im}; }  // NOLINT(google-explicit-constructor)
  };
};

// out[i] = f(in[i])
template <typename Out, typename In, typename Function>
inline __attribute__((always_inline)) void map(void* out, const void* in, size_t count,
                                               const Function& f) {
  auto* __restrict to = static_cast<typename AnyAddress<Out>::type*>(out);
  const auto* __restrict from = static_cast<const typename AnyAddress<In>::type*>(in);
  for (size_t i = 0; i < count; ++i) to[i] = f(static_cast<In>(from[i]));
}

template <DataType kType>
void load(void* out, const void* in, size_t count, double, double) {
  using E = Element<kType>;
  map<typename E::Register, typename E::Stored>(
      out, in, count, [](auto x) __attribute__((always_inline)) { return E::load(x); });
}

template <DataType kType>
void store(void* out, const void* in, size_t count, double, double) {
  using E = Element<kType>;
  map<typename E::Stored, typename E::Register>(
      out, in, count, [](auto x) __attribute__((always_inline)) { return E::store(x); });
}

#if defined(__F16C__)
template <>
void load<DataType::kFloat16>(void* out, const void* in, size_t count, double, double) {
  auto* to = static_cast<AnyAddress<float>::type*>(out);
  const auto* from = static_cast<const AnyAddress<uint16_t>::type*>(in);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    _mm256_storeu_ps(reinterpret_cast<float*>(to + i), _mm256_cvtph_ps(half));
  }
  for (; i < count; ++i) to[i] = half_to_float(from[i]);
}

template <>
void store<DataType::kFloat16>(void* out, const void* in, size_t count, double, double) {
  auto* to = static_cast<AnyAddress<uint16_t>::type*>(out);
  const auto* from = static_cast<const AnyAddress<float>::type*>(in);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 x = _mm256_loadu_ps(reinterpret_cast<const float*>(from + i));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
  }
  for (; i < count; ++i) to[i] = float_to_half(from[i]);
}
#endif

template <DataType kTo, typename From>
void cast(void* out, const void* in, size_t count, double, double) {
  map<typename Element<kTo>::Stored, From>(
      out, in, count, [](auto x) __attribute__((always_inline)) { return convert<kTo, From>(x); });
}

template <DataType kTo, typename From>
void saturating_cast(void* out, const void* in, size_t count, double, double) {
  map<typename Element<kTo>::Stored, From>(
      out, in, count, [](auto x) __attribute__((always_inline)) { return saturate<kTo, From>(x); });
}

inline void odd_cast(void* out, const void* in, size_t count, double, double) {
  map<float, double>(
      out, in, count,
      [](double x) __attribute__((always_inline)) { return double_to_float_odd(x); });
}

// One loop for each operation on float or double.
template <LensOp kOp, typename Float>
void float_step(void* out, const void* in, size_t count, double a_value, double b_value) {
  const auto a = static_cast<Float>(a_value);
  const auto b = static_cast<Float>(b_value);
  map<Float, Float>(
      out, in, count, [ a, b ](Float x) __attribute__((always_inline)) {
        (void)a;
        (void)b;
        if constexpr (kOp == LensOp::kMultiply) return x * a;
        if constexpr (kOp == LensOp::kAdd) return x + a;
        if constexpr (kOp == LensOp::kClip) return clip(x, a, b);
        if constexpr (kOp == LensOp::kAbs) return magnitude(x);
        if constexpr (kOp == LensOp::kRound) return round_even(x);
        if constexpr (kOp == LensOp::kRelu) return relu(x);
        if constexpr (kOp == LensOp::kLeakyRelu) return leaky_relu(x, a);
        if constexpr (kOp == LensOp::kThreshold) return threshold(x, a);
        if constexpr (kOp == LensOp::kSigmoid) return sigmoid(x);
        if constexpr (kOp == LensOp::kTanh) return element::tanh(x);
        if constexpr (kOp == LensOp::kGelu) return gelu(x);
        if constexpr (kOp == LensOp::kGeluTanh) return gelu_tanh(x);
        if constexpr (kOp == LensOp::kSilu) return silu(x);
        if constexpr (kOp == LensOp::kSoftplus) return softplus(x);
        if constexpr (kOp == LensOp::kExp) return element::exp(x);
        if constexpr (kOp == LensOp::kLog1p) return element::log1p(x);
        if constexpr (kOp == LensOp::kStandardize) return (x - a) / b;
      });
}

template <LensOp kOp, typename Int>
void integer_step(void* out, const void* in, size_t count, double a, double b) {
  const Int low = float_to_integer<Int>(a);
  const Int high = float_to_integer<Int>(b);
  const auto limit = integer_threshold<Int>(a);
  map<Int, Int>(
      out, in, count, [ low, high, limit ](Int x) __attribute__((always_inline)) {
        (void)low;
        (void)high;
        (void)limit;
        if constexpr (kOp == LensOp::kAbs) return magnitude(x);
        if constexpr (kOp == LensOp::kRelu) return relu(x);
        if constexpr (kOp == LensOp::kClip) return clip(x, low, high);
        if constexpr (kOp == LensOp::kThreshold) return threshold(x, limit);
      });
}

template <typename Float>
void complex_magnitudes(void* out, const void* in, size_t count, double, double) {
  map<Float, Complex<Float>>(
      out, in, count,
      [](const auto& x) __attribute__((always_inline)) { return complex_magnitude(x.re, x.im); });
}

template <LensOp kOp, typename Float>
void complex_step(void* out, const void* in, size_t count, double a_value, double) {
  const auto a = static_cast<Float>(a_value);
  map<Complex<Float>, Complex<Float>>(
      out, in, count, [a](const auto& x) __attribute__((always_inline)) {
        if constexpr (kOp == LensOp::kMultiply) return Complex<Float>{x.re * a, x.im * a};
        return Complex<Float>{x.re + a, x.im};
      });
}

constexpr size_t at(LensRegister reg) {
  return static_cast<size_t>(reg);
}
constexpr size_t at(DataType type) {
  return static_cast<size_t>(type);
}
constexpr size_t at(LensOp op) {
  return static_cast<size_t>(op);
}

template <typename Float>
constexpr void fill_float_steps(LensLoops* loops, LensRegister reg) {
  const auto set = [&]<LensOp kOp>() { loops->step[at(kOp)][at(reg)] = float_step<kOp, Float>; };
  [&]<LensOp... kOps>() {
    (set.template operator()<kOps>(), ...);
  }
  .template operator()<LensOp::kMultiply, LensOp::kAdd, LensOp::kClip, LensOp::kAbs, LensOp::kRound,
                       LensOp::kRelu, LensOp::kLeakyRelu, LensOp::kThreshold, LensOp::kSigmoid,
                       LensOp::kTanh, LensOp::kGelu, LensOp::kGeluTanh, LensOp::kSilu,
                       LensOp::kSoftplus, LensOp::kExp, LensOp::kLog1p, LensOp::kStandardize>();
}

template <typename Float>
constexpr void fill_complex_steps(LensLoops* loops, LensRegister reg) {
  loops->step[at(LensOp::kMultiply)][at(reg)] = complex_step<LensOp::kMultiply, Float>;
  loops->step[at(LensOp::kAdd)][at(reg)] = complex_step<LensOp::kAdd, Float>;
  loops->step[at(LensOp::kAbs)][at(reg)] = complex_magnitudes<Float>;
}

template <typename Int>
constexpr void fill_integer_steps(LensLoops* loops, LensRegister reg) {
  loops->step[at(LensOp::kAbs)][at(reg)] = integer_step<LensOp::kAbs, Int>;
  loops->step[at(LensOp::kRelu)][at(reg)] = integer_step<LensOp::kRelu, Int>;
  loops->step[at(LensOp::kClip)][at(reg)] = integer_step<LensOp::kClip, Int>;
  loops->step[at(LensOp::kThreshold)][at(reg)] = integer_step<LensOp::kThreshold, Int>;
}

template <DataType kType, LensRegister kRegister>
struct RegisterTag {
  using Type = typename Element<kType>::Register;
  static constexpr DataType kData = kType;
  static constexpr LensRegister kAt = kRegister;
};

// Calls body(tag) for every register.
template <typename Body>
constexpr void for_each_register(const Body& body) {
  body(RegisterTag<DataType::kInt8, LensRegister::kInt8>());
  body(RegisterTag<DataType::kInt16, LensRegister::kInt16>());
  body(RegisterTag<DataType::kInt32, LensRegister::kInt32>());
  body(RegisterTag<DataType::kInt64, LensRegister::kInt64>());
  body(RegisterTag<DataType::kUint8, LensRegister::kUint8>());
  body(RegisterTag<DataType::kUint16, LensRegister::kUint16>());
  body(RegisterTag<DataType::kUint32, LensRegister::kUint32>());
  body(RegisterTag<DataType::kUint64, LensRegister::kUint64>());
  body(RegisterTag<DataType::kFloat32, LensRegister::kFloat>());
  body(RegisterTag<DataType::kFloat64, LensRegister::kDouble>());
  body(RegisterTag<DataType::kComplex64, LensRegister::kComplex64>());
  body(RegisterTag<DataType::kComplex128, LensRegister::kComplex128>());
}

template <typename From, typename To>
constexpr void fill_cast(LensLoops* loops) {
  using FromType = typename From::Type;
  if constexpr (From::kAt != To::kAt) {
    loops->convert[at(From::kAt)][at(To::kAt)] = cast<To::kData, FromType>;
    if constexpr (kIsInteger<FromType> && kIsInteger<typename To::Type>) {
      loops->saturate[at(From::kAt)][at(To::kAt)] = saturating_cast<To::kData, FromType>;
    }
  }
}

constexpr void fill_casts(LensLoops* loops) {
  for_each_register([loops](auto from) {
    using From = decltype(from);
    for_each_register([loops](auto to) { fill_cast<From, decltype(to)>(loops); });
    loops->to_bool[at(From::kAt)] = cast<DataType::kBool, typename From::Type>;
  });
}

constexpr LensLoops make_loops() {
  LensLoops loops = {};
  fill_casts(&loops);
  loops.double_to_float_odd = odd_cast;
  const auto set_small = [&]<DataType... kTypes>() {
    ((loops.load[at(kTypes)] = load<kTypes>, loops.store[at(kTypes)] = store<kTypes>), ...);
  };
  set_small.template operator()<DataType::kFloat16, DataType::kBfloat16, DataType::kFloat8E4m3fn,
                                DataType::kFloat8E5m2>();
  loops.load[at(DataType::kBool)] = load<DataType::kBool>;
  for_each_register([&loops](auto tag) {
    using Tag = decltype(tag);
    using Type = typename Tag::Type;
    if constexpr (kIsInteger<Type>) fill_integer_steps<Type>(&loops, Tag::kAt);
    if constexpr (kIsFloat<Type>) fill_float_steps<Type>(&loops, Tag::kAt);
  });
  fill_complex_steps<float>(&loops, LensRegister::kComplex64);
  fill_complex_steps<double>(&loops, LensRegister::kComplex128);
  return loops;
}

}  // namespace
}  // namespace neurofs
