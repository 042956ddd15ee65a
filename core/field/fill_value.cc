#include "core/field/fill_value.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/field/json_member.h"

namespace neurofs {

namespace {

using nlohmann::json;

// What a binary floating-point type looks like: bits in all, bits of the fraction.
struct FloatLayout {
  int bits;
  int fraction;
  int exponent_bits() const { return bits - 1 - fraction; }
  uint64_t sign() const { return uint64_t{1} << (bits - 1); }
  uint64_t infinity() const { return ((uint64_t{1} << exponent_bits()) - 1) << fraction; }
  uint64_t quiet_nan() const { return infinity() | uint64_t{1} << (fraction - 1); }
};

// float8_e4m3fn counts on through the exponent where others have infinity; only all ones is NaN.
constexpr uint64_t kE4m3fnNan = 0x7f;

FloatLayout layout_of(DataType type) {
  switch (type) {
    case DataType::kFloat16:
      return {16, 10};
    case DataType::kBfloat16:
      return {16, 7};
    case DataType::kFloat8E4m3fn:
      return {8, 3};
    case DataType::kFloat8E5m2:
      return {8, 2};
    case DataType::kFloat32:
    case DataType::kComplex64:
      return {32, 23};
    default:
      return {64, 52};
  }
}

template <typename T>
void append_bits(T bits, ByteVector* out) {
  const size_t at = out->size();
  out->resize(at + sizeof bits);
  std::memcpy(out->data() + at, &bits, sizeof bits);
}

void append_sized(uint64_t bits, size_t size, ByteVector* out) {
  switch (size) {
    case 1:
      return append_bits(static_cast<uint8_t>(bits), out);
    case 2:
      return append_bits(static_cast<uint16_t>(bits), out);
    case 4:
      return append_bits(static_cast<uint32_t>(bits), out);
    default:
      return append_bits(bits, out);
  }
}

// Rounds to the nearest even value of the layout; nothing when it would be `limit` or more.
std::optional<uint64_t> round_to(double value, FloatLayout layout, uint64_t limit) {
  const uint64_t sign = std::signbit(value) ? layout.sign() : 0;
  const double magnitude = std::fabs(value);
  if (magnitude == 0) return sign;
  const int bias = (1 << (layout.exponent_bits() - 1)) - 1;
  // Below the smallest normal value the spacing stays what it is there; the sum below then needs no
  // case of its own, since a fraction that rounds up to 1 carries into the exponent.
  const int exponent = std::max(std::ilogb(magnitude), 1 - bias);
  const double scaled = std::nearbyint(std::ldexp(magnitude, layout.fraction - exponent));
  const auto significand = static_cast<uint64_t>(scaled);
  const uint64_t bits =
      (static_cast<uint64_t>(exponent + bias - 1) << layout.fraction) + significand;
  if (bits >= limit) return std::nullopt;
  return sign | bits;
}

std::optional<uint64_t> parse_hex(const std::string& text, FloatLayout layout) {
  const size_t digits = static_cast<size_t>(layout.bits) / 4;
  if (text.size() != 2 + digits || text.compare(0, 2, "0x") != 0) return std::nullopt;
  uint64_t bits = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, bits, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return bits;
}

std::optional<uint64_t> float_bits(const json& value, DataType type) {
  const FloatLayout layout = layout_of(type);
  const bool has_infinity = type != DataType::kFloat8E4m3fn;
  if (value.is_number()) {
    auto number = value.get<double>();
    const bool by_float = type == DataType::kBfloat16 || layout.bits == 8;
    if (by_float && std::fabs(number) < 3.4e38) number = static_cast<float>(number);
    return round_to(number, layout, has_infinity ? layout.infinity() : kE4m3fnNan);
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "NaN") return has_infinity ? layout.quiet_nan() : kE4m3fnNan;
  if (has_infinity && text == "Infinity") return layout.infinity();
  if (has_infinity && text == "-Infinity") return layout.sign() | layout.infinity();
  return parse_hex(text, layout);
}

Result<ByteVector> parse_float(const json& value, DataType type) {
  const auto bits = float_bits(value, type);
  if (!bits) {
    return wrong_member("fill_value", value,
                        "a number that " + std::string(zarr_name(type)) +
                            " can hold, \"NaN\", \"Infinity\", \"-Infinity\" or \"0x\" and its " +
                            std::to_string(item_size(type) * 2) + " hexadecimal digits");
  }
  ByteVector out;
  append_sized(*bits, item_size(type), &out);
  return out;
}

Result<ByteVector> parse_complex(const json& value, DataType type) {
  ByteVector out;
  const bool is_pair = value.is_array() && value.size() == 2;
  for (size_t i = 0; is_pair && i < 2; ++i) {
    const auto bits = float_bits(value[i], type);
    if (!bits) break;
    append_sized(*bits, item_size(type) / 2, &out);
  }
  if (out.size() != item_size(type)) {
    return wrong_member("fill_value", value,
                        "a list of two numbers (real, imaginary) that " +
                            std::string(zarr_name(type)) + " can hold");
  }
  return out;
}

Result<ByteVector> parse_bool(const json& value) {
  if (value.is_boolean()) return ByteVector{std::byte{value.get<bool>()}};
  if (value.is_number_integer() && (value == 0 || value == 1)) {
    return ByteVector{static_cast<std::byte>(value == 1)};
  }
  return wrong_member("fill_value", value, "true or false");
}

// Writers of whole numbers as 1.0 exist, and zarr-python reads them.
std::optional<json> whole_number(const json& value) {
  if (value.is_number_integer()) return value;
  if (!value.is_number_float()) return std::nullopt;
  const auto number = value.get<double>();
  if (number != std::trunc(number) || std::fabs(number) > 9007199254740992.0) return std::nullopt;
  return number < 0 ? json(static_cast<int64_t>(number)) : json(static_cast<uint64_t>(number));
}

Result<ByteVector> parse_integer(const json& value, DataType type) {
  const size_t size = item_size(type);
  const bool is_signed = type >= DataType::kInt8 && type <= DataType::kInt64;
  const auto bits = static_cast<int>(size) * 8;
  const uint64_t max = ~uint64_t{0} >> (64 - bits + (is_signed ? 1 : 0));
  ByteVector out;
  if (const auto number = whole_number(value)) {
    if (number->is_number_unsigned() || number->get<int64_t>() >= 0) {
      if (number->get<uint64_t>() <= max) append_sized(number->get<uint64_t>(), size, &out);
    } else if (is_signed && number->get<int64_t>() >= -static_cast<int64_t>(max) - 1) {
      append_sized(static_cast<uint64_t>(number->get<int64_t>()), size, &out);
    }
  }
  if (out.empty()) {
    return wrong_member("fill_value", value,
                        "a whole number in the range of " + std::string(zarr_name(type)));
  }
  return out;
}

}  // namespace

Result<ByteVector> parse_fill_value(const json& value, DataType type) {
  switch (type) {
    case DataType::kBool:
      return parse_bool(value);
    case DataType::kFloat16:
    case DataType::kBfloat16:
    case DataType::kFloat32:
    case DataType::kFloat64:
    case DataType::kFloat8E4m3fn:
    case DataType::kFloat8E5m2:
      return parse_float(value, type);
    case DataType::kComplex64:
    case DataType::kComplex128:
      return parse_complex(value, type);
    default:
      return parse_integer(value, type);
  }
}

Result<ByteVector> parse_fill_value_v2(const json& value, DataType type) {
  if (value.is_null()) return ByteVector(item_size(type));
  return parse_fill_value(value, type);
}

}  // namespace neurofs
