// What the tests of lenses share: elements compared as numbers, at every instruction set.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/lens/lens.h"
#include "core/lens/lens_loops.h"

namespace neurofs::test {

// The instruction sets that this machine has, with the name that NEUROFS_SIMD takes.
inline std::vector<std::pair<std::string, const LensLoops*>> simd_levels() {
  std::vector<std::pair<std::string, const LensLoops*>> levels;
  for (const auto& [name, level] :
       {std::pair("sse2", SimdLevel::kBaseline), std::pair("avx2", SimdLevel::kAvx2),
        std::pair("avx512", SimdLevel::kAvx512)}) {
    if (const LensLoops* loops = lens_loops(level)) levels.emplace_back(name, loops);
  }
  return levels;
}

// Significant bits and the exponent of the last bit of subnormal numbers.
struct FloatForm {
  int digits;
  int least_exponent;
};
inline FloatForm float_form(DataType type) {
  switch (type) {
    case DataType::kFloat16:
      return {11, -24};
    case DataType::kBfloat16:
      return {8, -133};
    case DataType::kFloat8E4m3fn:
      return {4, -9};
    case DataType::kFloat8E5m2:
      return {3, -16};
    case DataType::kFloat32:
      return {24, -149};
    default:
      return {53, -1074};
  }
}

// The distance between neighbours of the type where `value` lies.
inline double ulp(double value, DataType type) {
  const FloatForm form = float_form(type);
  int exponent = 0;
  std::frexp(value, &exponent);
  const int last = value == 0 ? form.least_exponent : exponent - form.digits;
  return std::ldexp(1.0, last < form.least_exponent ? form.least_exponent : last);
}

// Elements of a real type as float64 (exact but for 64-bit integers), by lens "f64".
inline std::vector<double> as_doubles(Bytes elements, DataType type) {
  const auto lens = Lens::parse("f64", type, {});
  std::vector<double> out(elements.size() / item_size(type));
  lens->apply(reinterpret_cast<std::byte*>(out.data()), elements.data(), out.size());
  return out;
}

// Complex numbers are compared part by part.
inline DataType part_type(DataType type) {
  if (type == DataType::kComplex64) return DataType::kFloat32;
  return type == DataType::kComplex128 ? DataType::kFloat64 : type;
}

}  // namespace neurofs::test
