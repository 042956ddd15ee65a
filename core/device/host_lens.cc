#include "core/device/host_lens.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "core/geometry/strided_copy.h"
#include "core/lens/element_types.h"

namespace neurofs {
namespace {

template <typename T>
void widen(double* to, const std::byte* from, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    to[i] = static_cast<double>(value);
  }
}

double from_half(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 31) return fraction != 0 ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

double from_bfloat(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value = 0;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

template <typename Convert>
void widen_16(double* to, const std::byte* from, size_t count, const Convert& convert) {
  for (size_t i = 0; i < count; ++i) {
    uint16_t bits = 0;
    std::memcpy(&bits, from + i * 2, 2);
    to[i] = convert(bits);
  }
}

template <typename Convert>
void widen_8(double* to, const std::byte* from, size_t count, const Convert& convert) {
  for (size_t i = 0; i < count; ++i) to[i] = convert(std::to_integer<uint8_t>(from[i]));
}

}  // namespace

void host_lens(const LensProgram& lens, std::byte* to, const std::byte* from, size_t count) {
  if (lens.count != 0) std::abort();
  if (count > 0) std::memcpy(to, from, count * item_size(lens.source));
}

void host_lens_box(const LensProgram& lens, std::byte* to, const Dims& to_strides,
                   const std::byte* from, const Dims& from_strides, const Dims& shape) {
  if (lens.count != 0) std::abort();
  strided_copy(to, to_strides, from, from_strides, shape, item_size(lens.source));
}

void host_widen(DataType type, double* to, const std::byte* from, size_t count) {
  switch (type) {
    case DataType::kBool:
    case DataType::kUint8:
      return widen<uint8_t>(to, from, count);
    case DataType::kInt8:
      return widen<int8_t>(to, from, count);
    case DataType::kInt16:
      return widen<int16_t>(to, from, count);
    case DataType::kInt32:
      return widen<int32_t>(to, from, count);
    case DataType::kInt64:
      return widen<int64_t>(to, from, count);
    case DataType::kUint16:
      return widen<uint16_t>(to, from, count);
    case DataType::kUint32:
      return widen<uint32_t>(to, from, count);
    case DataType::kUint64:
      return widen<uint64_t>(to, from, count);
    case DataType::kFloat16:
      return widen_16(to, from, count, from_half);
    case DataType::kBfloat16:
      return widen_16(to, from, count, from_bfloat);
    case DataType::kFloat32:
      return widen<float>(to, from, count);
    case DataType::kFloat64:
      return widen<double>(to, from, count);
    case DataType::kFloat8E4m3fn:
      return widen_8(to, from, count, element::e4m3fn_to_float);
    case DataType::kFloat8E5m2:
      return widen_8(to, from, count, element::e5m2_to_float);
    case DataType::kComplex64:
    case DataType::kComplex128:
      break;
  }
}

}  // namespace neurofs
