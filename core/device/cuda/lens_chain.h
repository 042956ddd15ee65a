// Which programs are chains of floats (see lens_values.h). Host code; pure.
#pragma once

#include "core/lens/lens_program.h"

namespace neurofs::cuda {

// The types whose register is a float.
inline bool lives_in_float(DataType type) {
  switch (type) {
    case DataType::kFloat16:
    case DataType::kBfloat16:
    case DataType::kFloat32:
    case DataType::kFloat8E4m3fn:
    case DataType::kFloat8E5m2:
      return true;
    default:
      return false;
  }
}

// True when the source has 1, 2 or 4 bytes and every step's type lives in a float register: the source
// may then become a float at once, since the first step would do the same. With no steps, when a float
// holds every value of the source.
inline bool is_float_chain(const LensProgram& lens) {
  if (lens.count == 0 && (lens.source == DataType::kInt32 || lens.source == DataType::kUint32)) {
    return false;
  }
  for (int i = 0; i < lens.count; ++i) {
    if (!lives_in_float(lens.steps[i].type)) return false;
  }
  switch (lens.source) {
    case DataType::kInt64:
    case DataType::kUint64:
    case DataType::kFloat64:
    case DataType::kComplex64:
    case DataType::kComplex128:
      return false;
    default:
      return true;
  }
}

}  // namespace neurofs::cuda
