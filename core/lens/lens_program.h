// LensProgram: a compiled lens as plain data, the form that every executor runs.
//
// Purpose: the one description that the CPU loops, the simulated device and the CUDA kernels share, so
// that a lens can be fused into any copy. It has no pointers and no invariants beyond those below, and
// is passed to a kernel by value. Made by Lens (core/lens/lens.h) alone, which has checked it.
// Thread-safety: plain value.
// Semantics (core/lens/element_program.h runs them on one element): a value is loaded as `source`, goes
// through the steps in order, and is stored as `result`, the type after the last step. Each step's `type`
// is its result's. Between steps a value stays in a register: float for float8, float16, bfloat16 and
// float32; double for float64, also where it was an integer; a pair of these for complex types; exact
// integers for integers and bool. `a` and `b` are converted to the register's type. A value is rounded
// to its type by a cast and when it is stored, not in between: "exp,log1p" over float16 rounds once.
#pragma once

#include <cstdint>

#include "core/geometry/data_type.h"

namespace neurofs {

enum class LensOp : uint8_t {
  kCast,            // to `type`, as NumPy's astype
  kCastSaturating,  // to `type`, what is out of range to its nearest end, NaN to 0 for integers
  kMultiply,        // x * a
  kAdd,             // x + a
  kClip,            // min(max(x, a), b); NaN stays
  kAbs,
  kRound,      // to the nearest integer, ties to even
  kRelu,       // max(x, 0); NaN stays, -0 becomes 0
  kLeakyRelu,  // x > 0 ? x : a * x
  kThreshold,  // x > a ? x : 0; NaN stays
  kSigmoid,    // 1 / (1 + exp(-x))
  kTanh,
  kGelu,      // x * Phi(x), by erf
  kGeluTanh,  // its tanh approximation
  kSilu,      // x * sigmoid(x)
  kSoftplus,  // log(1 + exp(x))
  kExp,
  kLog1p,
  kStandardize,  // (x - a) / b
};

struct LensStep {
  LensOp op = LensOp::kCast;
  DataType type = DataType::kFloat32;
  double a = 0;
  double b = 0;
};

inline constexpr int kMaxLensSteps = 16;

struct LensProgram {
  DataType source = DataType::kFloat32;
  DataType result = DataType::kFloat32;
  int count = 0;  // 0: the stored bytes as they are
  LensStep steps[kMaxLensSteps];
};

}  // namespace neurofs
