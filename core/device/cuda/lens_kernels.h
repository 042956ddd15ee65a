// The lens interpreters that the kernel files share. Device code, included by them alone.
//
// Purpose: lens_value() for any program on one element; run_chain() on four floats, a step at a time, so
// that the branch over the step is taken once for four values. Functions that are not inlined: a lens
// has a good twenty of steps over seventeen types, and each kernel would have them all once more.
#pragma once

#include "core/device/cuda/launch.h"
#include "core/device/cuda/lens_values.h"

namespace neurofs::cuda {

__device__ inline uint64_t row_address(const RowList& rows, uint64_t i) {
  return rows.list != nullptr ? rows.list[i] : rows.base + i * rows.stride;
}

// The value of the program for the element at `from`, as its result's register, not yet rounded to it.
__device__ __noinline__ static Wide lens_value(const LensProgram& lens, const unsigned char* from,
                                               bool aligned) {
  Wide r{};
  load_wide(lens.source, r, from, aligned);
  for (int i = 0; i < lens.count; ++i) {
    const LensStep& step = lens.steps[i];
    if (step.op == LensOp::kCast || step.op == LensOp::kCastSaturating) {
      cast_wide(step, r);
    } else {
      compute_wide(step, r);
    }
  }
  return r;
}

__device__ __noinline__ static void store_result(const LensProgram& lens, const Wide& r,
                                                 unsigned char* to, bool aligned) {
  store_wide(lens.result, r, to, aligned);
}

// As lens.result stores it, then as a double.
__device__ __noinline__ static double result_as_double(const LensProgram& lens, const Wide& r) {
  Wide rounded{};
  alignas(16) unsigned char stored[16];
  store_wide(lens.result, r, stored, true);
  load_wide(lens.result, rounded, stored, true);
  return wide_as_double(rounded);
}

struct alignas(16) Quad {
  float v[4];
};

NEUROFS_ELEMENT_FN int item_size_of_float(DataType type) {
  switch (type) {
    case DataType::kFloat8E4m3fn:
    case DataType::kFloat8E5m2:
      return 1;
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return 2;
    default:
      return 4;
  }
}

// A step's value for one float: a cast, or a function that is too long to stand here four times.
__device__ __noinline__ static float step_of_float(const LensStep& step, float x) {
  const bool saturating = step.op == LensOp::kCastSaturating;
  if (step.op != LensOp::kCast && !saturating) {
    return element::compute<DataType::kFloat32>(step, x);
  }
  float result = x;
  element::with_type(step.type, [&](auto tag) {
    constexpr DataType kType = decltype(tag)::kValue;
    if constexpr (wide(kType) == DataType::kFloat32) {
      result = Element<kType>::load(saturating ? element::saturate<kType>(x)
                                               : element::convert<kType>(x));
    }
  });
  return result;
}

__device__ inline Quad run_step(const LensStep& step, Quad q) {
  if (step.op == LensOp::kMultiply) {
#pragma unroll
    for (float& x : q.v) x = x * static_cast<float>(step.a);
  } else if (step.op == LensOp::kAdd) {
#pragma unroll
    for (float& x : q.v) x = x + static_cast<float>(step.a);
  } else if (step.op == LensOp::kRelu) {
#pragma unroll
    for (float& x : q.v) x = element::relu(x);
  } else {
#pragma unroll
    for (float& x : q.v) x = step_of_float(step, x);
  }
  return q;
}

__device__ inline Quad run_chain(const LensProgram& lens, Quad q) {
#pragma unroll 1
  for (int i = 0; i < lens.count; ++i) {
    // A cast to float32 changes nothing, and is how most chains begin.
    if (lens.steps[i].op == LensOp::kCast && lens.steps[i].type == DataType::kFloat32) continue;
    q = run_step(lens.steps[i], q);
  }
  return q;
}

// The bits of an element of `kSize` bytes.
template <int kSize>
struct Bits;
template <>
struct Bits<1> {
  using Type = uint8_t;
};
template <>
struct Bits<2> {
  using Type = uint16_t;
};
template <>
struct Bits<4> {
  using Type = uint32_t;
};
template <int kSize>
struct alignas(kSize * 4) BitsQuad {
  typename Bits<kSize>::Type v[4];
};

// The floats that a chain begins with.
template <int kSize>
__device__ __noinline__ Quad chain_load(DataType type, BitsQuad<kSize> bits) {
  Quad q{};
  element::with_type(type, [&](auto tag) {
    constexpr DataType kType = decltype(tag)::kValue;
    using Stored = typename Element<kType>::Stored;
    if constexpr (sizeof(Stored) == kSize) {
#pragma unroll
      for (int k = 0; k < kQuad; ++k) {
        q.v[k] = static_cast<float>(Element<kType>::load(same_bits<Stored>(bits.v[k])));
      }
    }
  });
  return q;
}

// As the result's type stores them.
template <int kSize>
__device__ __noinline__ BitsQuad<kSize> chain_store(DataType type, Quad q) {
  BitsQuad<kSize> bits{};
  element::with_type(type, [&](auto tag) {
    constexpr DataType kType = decltype(tag)::kValue;
    if constexpr (sizeof(typename Element<kType>::Stored) == kSize &&
                  wide(kType) == DataType::kFloat32) {
#pragma unroll
      for (int k = 0; k < kQuad; ++k) {
        bits.v[k] = same_bits<typename Bits<kSize>::Type>(Element<kType>::store(q.v[k]));
      }
    }
  });
  return bits;
}

// What is read back where `q` has been stored as `type`, which lives in a float register.
__device__ inline Quad chain_round(DataType type, Quad q) {
  switch (item_size_of_float(type)) {
    case 1:
      return chain_load<1>(type, chain_store<1>(type, q));
    case 2:
      return chain_load<2>(type, chain_store<2>(type, q));
    default:
      return q;
  }
}

}  // namespace neurofs::cuda
