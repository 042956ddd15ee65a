#include "core/geometry/data_type.h"

#include <array>

namespace neurofs {
namespace {

struct TypeInfo {
  DataType type;
  std::string_view zarr;
  std::string_view descr;
  uint8_t size;
  uint8_t swap;
};

constexpr std::array<TypeInfo, kDataTypeCount> kTypes = {{
    {DataType::kBool, "bool", "|b1", 1, 1},
    {DataType::kInt8, "int8", "|i1", 1, 1},
    {DataType::kInt16, "int16", "<i2", 2, 2},
    {DataType::kInt32, "int32", "<i4", 4, 4},
    {DataType::kInt64, "int64", "<i8", 8, 8},
    {DataType::kUint8, "uint8", "|u1", 1, 1},
    {DataType::kUint16, "uint16", "<u2", 2, 2},
    {DataType::kUint32, "uint32", "<u4", 4, 4},
    {DataType::kUint64, "uint64", "<u8", 8, 8},
    {DataType::kFloat16, "float16", "<f2", 2, 2},
    {DataType::kBfloat16, "bfloat16", "<V2", 2, 2},
    {DataType::kFloat32, "float32", "<f4", 4, 4},
    {DataType::kFloat64, "float64", "<f8", 8, 8},
    {DataType::kComplex64, "complex64", "<c8", 8, 4},
    {DataType::kComplex128, "complex128", "<c16", 16, 8},
    {DataType::kFloat8E4m3fn, "float8_e4m3fn", "<V1", 1, 1},
    {DataType::kFloat8E5m2, "float8_e5m2", "<V1", 1, 1},
}};

const TypeInfo& info(DataType type) {
  return kTypes[static_cast<size_t>(type)];
}

struct Alias {
  std::string_view name;
  DataType type;
};

// What numpy.dtype(name) understands on a 64-bit Linux machine, besides the kind and size letters.
constexpr Alias kAliases[] = {
    {"half", DataType::kFloat16},
    {"single", DataType::kFloat32},
    {"float", DataType::kFloat64},
    {"double", DataType::kFloat64},
    {"int", DataType::kInt64},
    {"uint", DataType::kUint64},
    {"byte", DataType::kInt8},
    {"ubyte", DataType::kUint8},
    {"complex", DataType::kComplex128},
    {"bf16", DataType::kBfloat16},
    {"f8_e4m3", DataType::kFloat8E4m3fn},
    {"f8_e4m3fn", DataType::kFloat8E4m3fn},
    {"f8_e5m2", DataType::kFloat8E5m2},
};

constexpr std::string_view kKnown =
    "known types: bool, int8 to int64, uint8 to uint64, float16, bfloat16, float32, float64, "
    "complex64, complex128, float8_e4m3fn, float8_e5m2";

// The description says how large an element is, not what it is.
bool is_opaque(const TypeInfo& t) {
  return t.descr[1] == 'V';
}

}  // namespace

size_t item_size(DataType type) {
  return info(type).size;
}
size_t swap_unit(DataType type) {
  return info(type).swap;
}
std::string_view zarr_name(DataType type) {
  return info(type).zarr;
}
std::string_view numpy_descr(DataType type) {
  return info(type).descr;
}

Result<DataType> parse_data_type(std::string_view name) {
  for (const TypeInfo& t : kTypes) {
    if (name == t.zarr) return t.type;
    if (!is_opaque(t) && name == t.descr.substr(1)) return t.type;
  }
  for (const Alias& alias : kAliases) {
    if (name == alias.name) return alias.type;
  }
  return unsupported("data type \"" + std::string(name.substr(0, 64)) + "\" is not known; " +
                     std::string(kKnown));
}

Result<TypeString> parse_typestr(std::string_view typestr) {
  const char order = typestr.empty() ? '\0' : typestr.front();
  if (order == '<' || order == '>' || order == '|') {
    // ml_dtypes' own name; the other float8 saves as V1, which any structure of one byte has.
    if (typestr == "<f1") return TypeString{DataType::kFloat8E5m2, false};
    for (const TypeInfo& t : kTypes) {
      if (is_opaque(t) && t.type != DataType::kBfloat16) continue;
      if (typestr.substr(1) != t.descr.substr(1)) continue;
      if (order == '|' && t.swap != 1) break;
      // ml_dtypes knows bfloat16 in this machine's order only; other V2 data is opaque.
      if (order != '<' && t.type == DataType::kBfloat16) break;
      return TypeString{t.type, order == '>' && t.swap != 1};
    }
  }
  return unsupported("type string \"" + std::string(typestr.substr(0, 64)) +
                     "\" is not known; expected <, > or | and then one of b1, i1 to i8, u1 to u8, "
                     "f2 to f8, c8, c16, <V2 for bfloat16 or <f1 for float8_e5m2");
}

}  // namespace neurofs
