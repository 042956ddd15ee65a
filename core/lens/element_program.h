// Runs a LensProgram on one element: the plain form that the loops and kernels must agree with.
//
// Purpose: load, the steps in order, store. A step that is no cast first widens the register to the one
// of its result's type, then computes in it; only a cast, and the store at the end, round to the type.
// Pure, thread-safe, for host and device. Precondition: a program that Lens has made; bytes of any
// alignment.
#pragma once

#include "core/lens/element_cast.h"
#include "core/lens/element_math.h"
#include "core/lens/element_ops.h"
#include "core/lens/lens_program.h"

namespace neurofs::element {

// What the register of any type fits in; `type` says which one is held.
struct AnyRegister {
  DataType type;
  alignas(8) unsigned char bytes[16];

  template <typename T>
  NEUROFS_ELEMENT_FN T get(const AnyRegister& r) {
    T value;
    __builtin_memcpy(&value, r.bytes, sizeof value);
    return value;
  }
  template <typename T>
  NEUROFS_ELEMENT_FN void set(AnyRegister& r, DataType type, T value) {
    r.type = type;
    __builtin_memcpy(r.bytes, &value, sizeof value);
  }
};

// The functions and arithmetic on float and double.
template <typename Float>
NEUROFS_ELEMENT_FN Float apply_float(const LensStep& step, Float x) {
  const auto a = static_cast<Float>(step.a);
  const auto b = static_cast<Float>(step.b);
  switch (step.op) {
    case LensOp::kCast:
    case LensOp::kCastSaturating:
      return x;
    case LensOp::kMultiply:
      return x * a;
    case LensOp::kAdd:
      return x + a;
    case LensOp::kClip:
      return clip(x, a, b);
    case LensOp::kAbs:
      return magnitude(x);
    case LensOp::kRound:
      return round_even(x);
    case LensOp::kRelu:
      return relu(x);
    case LensOp::kLeakyRelu:
      return leaky_relu(x, a);
    case LensOp::kThreshold:
      return threshold(x, a);
    case LensOp::kSigmoid:
      return sigmoid(x);
    case LensOp::kTanh:
      return tanh(x);
    case LensOp::kGelu:
      return gelu(x);
    case LensOp::kGeluTanh:
      return gelu_tanh(x);
    case LensOp::kSilu:
      return silu(x);
    case LensOp::kSoftplus:
      return softplus(x);
    case LensOp::kExp:
      return exp(x);
    case LensOp::kLog1p:
      return log1p(x);
    case LensOp::kStandardize:
      return (x - a) / b;
  }
  return x;
}

template <typename Int>
NEUROFS_ELEMENT_FN Int apply_integer(const LensStep& step, Int x) {
  switch (step.op) {
    case LensOp::kAbs:
      return magnitude(x);
    case LensOp::kRelu:
      return relu(x);
    case LensOp::kClip:
      return clip(x, float_to_integer<Int>(step.a), float_to_integer<Int>(step.b));
    case LensOp::kThreshold:
      return threshold(x, integer_threshold<Int>(step.a));
    default:  // kRound; the others' result is no integer
      return x;
  }
}

template <typename Float>
NEUROFS_ELEMENT_FN Complex<Float> apply_complex(const LensStep& step, Complex<Float> x) {
  const auto a = static_cast<Float>(step.a);
  if (step.op == LensOp::kMultiply) return {x.re * a, x.im * a};
  if (step.op == LensOp::kAdd) return {x.re + a, x.im};
  return x;
}

// A register's value in the register of kType, unrounded: only integers of 64 bits can lose any.
template <DataType kType, typename From>
NEUROFS_ELEMENT_FN typename Element<kType>::Register widen(From x) {
  using To = typename Element<kType>::Register;
  if constexpr (kIsComplex<From> && kIsComplex<To>) {
    return convert<kType>(x);
  } else if constexpr (kIsComplex<From>) {
    return static_cast<To>(complex_magnitude(x.re, x.im));  // the one step that does this is kAbs
  } else if constexpr (kIsComplex<To>) {
    return convert<kType>(x);
  } else {
    return static_cast<To>(x);
  }
}

template <DataType kType>
NEUROFS_ELEMENT_FN typename Element<kType>::Register compute(const LensStep& step,
                                                             typename Element<kType>::Register x) {
  using Register = typename Element<kType>::Register;
  if constexpr (kIsComplex<Register>) {
    return apply_complex(step, x);
  } else if constexpr (kIsFloat<Register>) {
    return apply_float(step, x);
  } else {
    return apply_integer(step, x);
  }
}

// Calls body(tag of the type held, the register's value).
template <typename Body>
NEUROFS_ELEMENT_FN void with_value(const AnyRegister& r, const Body& body) {
  with_type(r.type, [&](auto tag) {
    body(tag, AnyRegister::get<typename Element<decltype(tag)::kValue>::Register>(r));
  });
}

NEUROFS_ELEMENT_FN void run_step(const LensStep& step, AnyRegister& r) {
  const bool cast = step.op == LensOp::kCast;
  const bool saturating = step.op == LensOp::kCastSaturating;
  with_value(r, [&](auto, auto x) {
    with_type(step.type, [&](auto target) {
      constexpr DataType kTo = decltype(target)::kValue;
      AnyRegister::set(r, kTo,
                       cast         ? Element<kTo>::load(convert<kTo>(x))
                       : saturating ? Element<kTo>::load(saturate<kTo>(x))
                                    : widen<kTo>(x));
    });
  });
  if (cast || saturating) return;
  with_value(r, [&](auto tag, auto x) {
    AnyRegister::set(r, step.type, compute<decltype(tag)::kValue>(step, x));
  });
}

template <typename Byte>
NEUROFS_ELEMENT_FN void run_program(const LensProgram& program, Byte* to, const Byte* from) {
  AnyRegister r;
  with_type(program.source, [&](auto tag) {
    constexpr DataType kType = decltype(tag)::kValue;
    typename Element<kType>::Stored stored;
    __builtin_memcpy(&stored, from, sizeof stored);
    AnyRegister::set(r, kType, Element<kType>::load(stored));
  });
  for (int i = 0; i < program.count; ++i) run_step(program.steps[i], r);
  with_type(program.result, [&](auto tag) {
    constexpr DataType kType = decltype(tag)::kValue;
    const auto stored =
        Element<kType>::store(AnyRegister::get<typename Element<kType>::Register>(r));
    __builtin_memcpy(to, &stored, sizeof stored);
  });
}

}  // namespace neurofs::element
