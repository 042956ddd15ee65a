#include "core/codec/scale_rule.h"

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/checked.h"
#include "core/codec/cast_rule.h"
#include "core/codec/codec_config.h"
#include "core/codec/fill_value.h"

namespace neurofs {

namespace {

__extension__ typedef __int128 Wide;  // no sum of two 64-bit numbers overflows it

template <typename T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
void store(T value, std::byte* to) {
  std::memcpy(to, &value, sizeof value);
}

Status no_result(const std::byte* element, DataType type) {
  return invalid_argument(number_text(element, type) + " has no scaled value that is a whole " +
                          std::string(zarr_name(type)) + " in range");
}

// float32 and float64: one loop that the compiler turns into vector code.
template <typename T, bool kReverts>
Status scale_native(std::byte* elements, size_t count, T scale, T offset) {
  for (size_t i = 0; i < count; ++i) {
    std::byte* at = elements + i * sizeof(T);
    const T value = load<T>(at);
    store<T>(kReverts ? value / scale + offset : (value - offset) * scale, at);
  }
  return {};
}

template <bool kReverts>
bool scale_whole(Wide value, Wide scale, Wide offset, Wide* result) {
  if (!kReverts) return checked_mul<Wide>(value - offset, scale, result);
  *result = value / scale + offset;
  return value % scale == 0;
}

template <typename T, bool kReverts>
Status scale_integers(std::byte* elements, size_t count, T scale, T offset, DataType type) {
  for (size_t i = 0; i < count; ++i) {
    std::byte* at = elements + i * sizeof(T);
    Wide result = 0;
    if (!scale_whole<kReverts>(load<T>(at), scale, offset, &result) ||
        result < std::numeric_limits<T>::min() || result > std::numeric_limits<T>::max()) {
      return no_result(at, type);
    }
    store<T>(static_cast<T>(result), at);
  }
  return {};
}

float widened(const std::byte* from, DataType type) {
  float value = 0;
  store_number(load_number(from, type), DataType::kFloat32, Rounding::kNearestEven,
               OutOfRange::kRefuse, reinterpret_cast<std::byte*>(&value));
  return value;
}

// Rounds to `type`; false where it has no infinity to overflow to.
bool narrow(float value, DataType type, std::byte* to) {
  const OutOfRange rule = has_infinity(type) ? OutOfRange::kClamp : OutOfRange::kRefuse;
  const auto* bits = reinterpret_cast<const std::byte*>(&value);
  return store_number(load_number(bits, DataType::kFloat32), type, Rounding::kNearestEven, rule,
                      to);
}

// float32 has more than twice the digits of these types, so rounding twice is rounding once.
template <bool kReverts>
Status scale_narrow(std::byte* elements, size_t count, float scale, float offset, DataType type) {
  const size_t item = item_size(type);
  for (size_t i = 0; i < count; ++i) {
    std::byte* at = elements + i * item;
    std::byte first[sizeof(float)];
    const float value = widened(at, type);
    if (!narrow(kReverts ? value / scale : value - offset, type, first)) return no_result(at, type);
    const float half_way = widened(first, type);
    std::byte second[sizeof(float)];
    if (!narrow(kReverts ? half_way + offset : half_way * scale, type, second)) {
      return no_result(at, type);
    }
    std::memcpy(at, second, item);
  }
  return {};
}

template <typename T, bool kReverts>
Status scale_as(std::byte* elements, size_t count, const ByteVector& scale,
                const ByteVector& offset, DataType type) {
  const T by = load<T>(scale.data());
  const T from = load<T>(offset.data());
  if constexpr (std::numeric_limits<T>::is_integer) {
    return scale_integers<T, kReverts>(elements, count, by, from, type);
  } else {
    return scale_native<T, kReverts>(elements, count, by, from);
  }
}

template <bool kReverts>
Status scale_elements(std::byte* elements, size_t count, const ByteVector& scale,
                      const ByteVector& offset, DataType type) {
  switch (type) {
    case DataType::kInt8:
      return scale_as<int8_t, kReverts>(elements, count, scale, offset, type);
    case DataType::kInt16:
      return scale_as<int16_t, kReverts>(elements, count, scale, offset, type);
    case DataType::kInt32:
      return scale_as<int32_t, kReverts>(elements, count, scale, offset, type);
    case DataType::kInt64:
      return scale_as<int64_t, kReverts>(elements, count, scale, offset, type);
    case DataType::kUint8:
      return scale_as<uint8_t, kReverts>(elements, count, scale, offset, type);
    case DataType::kUint16:
      return scale_as<uint16_t, kReverts>(elements, count, scale, offset, type);
    case DataType::kUint32:
      return scale_as<uint32_t, kReverts>(elements, count, scale, offset, type);
    case DataType::kUint64:
      return scale_as<uint64_t, kReverts>(elements, count, scale, offset, type);
    case DataType::kFloat32:
      return scale_as<float, kReverts>(elements, count, scale, offset, type);
    case DataType::kFloat64:
      return scale_as<double, kReverts>(elements, count, scale, offset, type);
    default:
      return scale_narrow<kReverts>(elements, count, widened(scale.data(), type),
                                    widened(offset.data(), type), type);
  }
}

}  // namespace

Result<ScaleRule> ScaleRule::read(const CodecConfig& config, DataType type) {
  const auto scalar = [&](const char* member, int neutral) -> Result<ByteVector> {
    const nlohmann::json* value = config.find(member);
    return parse_fill_value(value ? *value : nlohmann::json(neutral), type, member);
  };
  ScaleRule rule;
  rule.type_ = type;
  NF_ASSIGN(rule.scale_, scalar("scale", 1));
  NF_ASSIGN(rule.offset_, scalar("offset", 0));
  if (load_number(rule.scale_.data(), type).same_value({})) {
    return config.wrong("scale", "a number that is not zero in " + std::string(zarr_name(type)));
  }
  return rule;
}

Status ScaleRule::apply(std::byte* elements, size_t count) const {
  return scale_elements<false>(elements, count, scale_, offset_, type_);
}

Status ScaleRule::revert(std::byte* elements, size_t count) const {
  return scale_elements<true>(elements, count, scale_, offset_, type_);
}

}  // namespace neurofs
