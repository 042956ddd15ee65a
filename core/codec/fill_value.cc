#include "core/codec/fill_value.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/codec/codec_config.h"
#include "core/codec/exact_number.h"

namespace neurofs {

namespace {

using nlohmann::json;

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

// "0x" and exactly the digits of an element of `size` bytes.
std::optional<uint64_t> parse_hex(const std::string& text, size_t size) {
  if (text.size() != 2 + 2 * size || text.compare(0, 2, "0x") != 0) return std::nullopt;
  uint64_t bits = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, bits, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return bits;
}

// As ml_dtypes, which makes these types of a float.
bool is_made_of_float(DataType type) {
  return item_size(type) == 1 || type == DataType::kBfloat16;
}

std::optional<ExactNumber> named_number(const std::string& text) {
  if (text == "NaN") return ExactNumber{ExactNumber::Kind::kNan, false, 0, 0};
  if (text == "Infinity") return ExactNumber{ExactNumber::Kind::kInfinite, false, 0, 0};
  if (text == "-Infinity") return ExactNumber{ExactNumber::Kind::kInfinite, true, 0, 0};
  return std::nullopt;
}

// Appends an element of a floating-point type; false when it has no such value.
bool append_float(const json& value, DataType type, ByteVector* out) {
  const size_t at = out->size();
  std::optional<ExactNumber> number;
  if (value.is_number()) {
    auto plain = value.get<double>();
    if (is_made_of_float(type) && std::fabs(plain) < 3.4e38) plain = static_cast<float>(plain);
    number = load_number(reinterpret_cast<const std::byte*>(&plain), DataType::kFloat64);
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    number = named_number(text);
    if (const auto bits = parse_hex(text, item_size(type))) {
      append_sized(*bits, item_size(type), out);
      return true;
    }
  }
  if (!number) return false;
  out->resize(at + item_size(type));
  const bool fits =
      store_number(*number, type, Rounding::kNearestEven, OutOfRange::kRefuse, out->data() + at);
  if (!fits) out->resize(at);
  return fits;
}

Result<ByteVector> parse_float(const json& value, DataType type, std::string_view member) {
  ByteVector out;
  if (append_float(value, type, &out)) return out;
  const char* specials = has_infinity(type) ? "\"NaN\", \"Infinity\", \"-Infinity\"" : "\"NaN\"";
  return wrong_member(member, value,
                      "a number that " + std::string(zarr_name(type)) + " can hold, " + specials +
                          " or \"0x\" and its " + std::to_string(item_size(type) * 2) +
                          " hexadecimal digits");
}

Result<ByteVector> parse_complex(const json& value, DataType type, std::string_view member) {
  ByteVector out;
  const bool is_pair = value.is_array() && value.size() == 2;
  const DataType part = magnitude_type(type);
  if (is_pair && append_float(value[0], part, &out) && append_float(value[1], part, &out)) {
    return out;
  }
  return wrong_member(
      member, value,
      "a list of two numbers (real, imaginary) that " + std::string(zarr_name(type)) + " can hold");
}

Result<ByteVector> parse_bool(const json& value, std::string_view member) {
  if (value.is_boolean()) return ByteVector{std::byte{value.get<bool>()}};
  if (value.is_number_integer() && (value == 0 || value == 1)) {
    return ByteVector{static_cast<std::byte>(value == 1)};
  }
  return wrong_member(member, value, "true or false");
}

// Writers of whole numbers as 1.0 exist, and zarr-python reads them.
std::optional<json> whole_number(const json& value) {
  if (value.is_number_integer()) return value;
  if (!value.is_number_float()) return std::nullopt;
  const auto number = value.get<double>();
  if (number != std::trunc(number) || std::fabs(number) > 9007199254740992.0) return std::nullopt;
  return number < 0 ? json(static_cast<int64_t>(number)) : json(static_cast<uint64_t>(number));
}

Result<ByteVector> parse_integer(const json& value, DataType type, std::string_view member) {
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
    return wrong_member(member, value,
                        "a whole number in the range of " + std::string(zarr_name(type)));
  }
  return out;
}

}  // namespace

Result<ByteVector> parse_fill_value(const json& value, DataType type, std::string_view member) {
  switch (type) {
    case DataType::kBool:
      return parse_bool(value, member);
    case DataType::kFloat16:
    case DataType::kBfloat16:
    case DataType::kFloat32:
    case DataType::kFloat64:
    case DataType::kFloat8E4m3fn:
    case DataType::kFloat8E5m2:
      return parse_float(value, type, member);
    case DataType::kComplex64:
    case DataType::kComplex128:
      return parse_complex(value, type, member);
    default:
      return parse_integer(value, type, member);
  }
}

Result<ByteVector> parse_fill_value_v2(const json& value, DataType type) {
  if (value.is_null()) return ByteVector(item_size(type));
  return parse_fill_value(value, type);
}

}  // namespace neurofs
