// DataType: what one element is, and how each format names it.
//
// Purpose: element size, the unit that byte swapping works on, and names in Zarr and NumPy.
// Plain values; thread-safe; no allocation except in functions that return strings.
// Sources: Zarr v3 core "Data types" and the bfloat16 extension; NumPy "npy format" descr strings.
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
};

inline constexpr int kDataTypeCount = 15;

// Bytes of one element: 1, 2, 4, 8 or 16.
size_t item_size(DataType type);

// Bytes of the unit whose order an endianness changes: half an element for complex types.
size_t swap_unit(DataType type);

// Zarr v3 name, such as "float32".
std::string_view zarr_name(DataType type);

// The `descr` of a little-endian .npy header, such as "<f4". bfloat16 is "<V2", as ml_dtypes
// writes it, since NumPy has no name for it.
std::string_view numpy_descr(DataType type);

// Zarr v3 names, and NumPy's short names as people type them ("f4", "float", "<f4" excluded:
// byte order belongs to a format, not to a type). kUnsupported names the type that is not known.
Result<DataType> parse_data_type(std::string_view name);

// A NumPy/Zarr v2 typestr ("<f4", ">i2", "|b1", "|u1"): the type and whether it is big-endian.
struct TypeString {
  DataType type;
  bool big_endian;
};
Result<TypeString> parse_typestr(std::string_view typestr);

}  // namespace neurofs
