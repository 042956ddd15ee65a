#include "core/engine/import_fill.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

namespace neurofs {
namespace {

using nlohmann::json;

template <typename T>
T value_of(Bytes bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

json hex_of(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (size_t i = bytes.size(); i-- > 0;) {
    const auto byte = static_cast<unsigned>(bytes[i]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// A number where it is one that every reader rounds alike, else the bits.
json float_json(Bytes bytes) {
  const bool zero =
      std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{}; });
  if (zero) return 0.0;
  const double value = bytes.size() == 8   ? value_of<double>(bytes)
                       : bytes.size() == 4 ? static_cast<double>(value_of<float>(bytes))
                                           : std::nan("");
  return std::isfinite(value) ? json(value) : hex_of(bytes);
}

}  // namespace

json fill_value_json(Bytes fill, DataType dtype) {
  switch (dtype) {
    case DataType::kBool:
      return value_of<uint8_t>(fill) != 0;
    case DataType::kInt8:
      return value_of<int8_t>(fill);
    case DataType::kInt16:
      return value_of<int16_t>(fill);
    case DataType::kInt32:
      return value_of<int32_t>(fill);
    case DataType::kInt64:
      return value_of<int64_t>(fill);
    case DataType::kUint8:
      return value_of<uint8_t>(fill);
    case DataType::kUint16:
      return value_of<uint16_t>(fill);
    case DataType::kUint32:
      return value_of<uint32_t>(fill);
    case DataType::kUint64:
      return value_of<uint64_t>(fill);
    case DataType::kFloat16:
    case DataType::kBfloat16:
    case DataType::kFloat32:
    case DataType::kFloat64:
    case DataType::kFloat8E4m3fn:
    case DataType::kFloat8E5m2:
      return float_json(fill);
    case DataType::kComplex64:
    case DataType::kComplex128:
      return json::array(
          {float_json(fill.first(fill.size() / 2)), float_json(fill.subspan(fill.size() / 2))});
  }
  return nullptr;
}

}  // namespace neurofs
