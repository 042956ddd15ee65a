// DataType: what one element is, and how each format names it.
//
// Purpose: element size, the unit that byte swapping works on, and names in Zarr and NumPy.
// Plain values; thread-safe; no allocation except in functions that return strings.
// Sources: Zarr v3 core "Data types", zarr-extensions (bfloat16, float8_*); NumPy "npy format" descr strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace neurofs {

enum class DataType : uint8_t {
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kFloat16,
  kBfloat16,
  kFloat32,
  kFloat64,
  kComplex64,
  kComplex128,
  kFloat8E4m3fn,  // 1 sign, 4 exponent, 3 fraction bits; no infinity, NaN is 0x7f and 0xff
  kFloat8E5m2,    // the upper half of a float16
};

inline constexpr int kDataTypeCount = 17;

// Bytes of one element: 1, 2, 4, 8 or 16.
size_t item_size(DataType type);

// Bytes of the unit whose order an endianness changes: half an element for complex types.
size_t swap_unit(DataType type);

// Zarr v3 name, such as "float32".
std::string_view zarr_name(DataType type);

// The `descr` of a little-endian .npy header, such as "<f4". What NumPy has no name for is opaque:
// bfloat16 is "<V2" and a float8 "<V1" (ml_dtypes' float8_e5m2 saves as "<f1", which numpy.load refuses).
std::string_view numpy_descr(DataType type);

// Zarr v3 names, and NumPy's short names as people type them ("f4", "float", "bf16", "f8_e4m3"; "<f4"
// excluded: byte order belongs to a format, not to a type). kUnsupported names the type that is not known.
Result<DataType> parse_data_type(std::string_view name);

// A NumPy/Zarr v2 typestr ("<f4", ">i2", "|b1", "|u1"): the type and whether it is big-endian. "<V1"
// names neither float8 and is kUnsupported.
struct TypeString {
  DataType type;
  bool big_endian;
};
Result<TypeString> parse_typestr(std::string_view typestr);

}  // namespace neurofs
