#include "core/lens/type_rules.h"

#include <cmath>
#include <string>

namespace neurofs {
namespace {

Status takes_reals(DataType source) {
  return not_found("it takes real numbers, and these are " + std::string(zarr_name(source)) +
                   "; cast them (f32 gives the real parts) or take abs first");
}

}  // namespace

bool is_complex(DataType type) {
  return type == DataType::kComplex64 || type == DataType::kComplex128;
}

bool is_integer(DataType type) {
  return type >= DataType::kInt8 && type <= DataType::kUint64;
}

Result<DataType> kept_type(DataType source) {
  if (is_complex(source)) return takes_reals(source);
  return source;
}

DataType magnitude_type(DataType source) {
  if (source == DataType::kComplex64) return DataType::kFloat32;
  return source == DataType::kComplex128 ? DataType::kFloat64 : source;
}

DataType scaled_type(DataType source) {
  return is_integer(source) || source == DataType::kBool ? DataType::kFloat64 : source;
}

Result<DataType> real_scaled_type(DataType source) {
  if (is_complex(source)) return takes_reals(source);
  return scaled_type(source);
}

Result<DataType> function_type(DataType source) {
  if (is_complex(source)) return takes_reals(source);
  if (!is_integer(source) && source != DataType::kBool) return source;
  const size_t size = item_size(source);
  return size == 1 ? DataType::kFloat16 : size == 2 ? DataType::kFloat32 : DataType::kFloat64;
}

IntegerRange integer_range(DataType type) {
  if (type == DataType::kBool) return {0, 1};
  const int bits = static_cast<int>(item_size(type)) * 8;
  if (type >= DataType::kUint8) return {0, std::ldexp(1.0, bits) - 1};
  return {-std::ldexp(1.0, bits - 1), std::ldexp(1.0, bits - 1) - 1};
}

Status check_exact(DataType type, double bound) {
  if (!is_integer(type) || item_size(type) < 8 || std::isinf(bound) || std::fabs(bound) <= 0x1p53) {
    return {};
  }
  return not_found("a bound past 2^53 is not exact for " + std::string(zarr_name(type)));
}

}  // namespace neurofs
