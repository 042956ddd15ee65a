#include "fs/number_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "core/lens/element_types.h"

namespace neurofs {
namespace {

static_assert(std::endian::native == std::endian::little, "elements arrive little-endian");

// Significant digits after the point that make `%.Ne` round-trip, and the width that this needs:
// sign, digit, point, N digits, exponent.
struct FloatFormat {
  int digits;
  size_t width;
};
constexpr FloatFormat kHalf{4, 11};     // -6.5504e+04
constexpr FloatFormat kBrain{3, 10};    // -3.390e+38
constexpr FloatFormat kE4m3fn{2, 9};    // -4.48e+02
constexpr FloatFormat kE5m2{1, 8};      // -5.7e+04
constexpr FloatFormat kSingle{8, 15};   // -3.40282347e+38
constexpr FloatFormat kDouble{16, 24};  // -1.7976931348623157e+308
constexpr size_t kMaxFloatText = 32;

template <typename T>
T load(const std::byte* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

// The number's text at `out` (at most kMaxFloatText characters); returns its end.
char* float_text(double value, FloatFormat format, bool always_signed, char* out) {
  if (std::isnan(value)) value = std::abs(value);  // "nan": its sign means nothing
  if (always_signed && !std::signbit(value)) *out++ = '+';
  return std::to_chars(out, out + kMaxFloatText, value, std::chars_format::scientific,
                       format.digits)
      .ptr;
}

void align_right(const char* text, const char* end, char* out, size_t width) {
  const auto length = static_cast<size_t>(end - text);
  std::memset(out, ' ', width - length);
  std::memcpy(out + (width - length), text, length);
}

void format_float(double value, FloatFormat format, char* out) {
  std::array<char, kMaxFloatText + 1> text;
  const char* end = float_text(value, format, false, text.data());
  align_right(text.data(), end, out, format.width);
}

size_t complex_width(FloatFormat format) {
  return 2 * format.width + 3;
}

void format_complex(double re, double im, FloatFormat format, char* out) {
  std::array<char, 2 * kMaxFloatText + 8> text;
  char* end = text.data();
  *end++ = '(';
  end = float_text(re, format, false, end);
  end = float_text(im, format, true, end);
  *end++ = 'j';
  *end++ = ')';
  align_right(text.data(), end, out, complex_width(format));
}

template <typename T>
void format_integer(const std::byte* element, char* out, size_t width) {
  std::array<char, 24> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), load<T>(element)).ptr;
  align_right(text.data(), end, out, width);
}

}  // namespace

size_t text_width(DataType type) {
  switch (type) {
    case DataType::kBool:
      return 1;
    case DataType::kInt8:
      return 4;
    case DataType::kInt16:
      return 6;
    case DataType::kInt32:
      return 11;
    case DataType::kInt64:
      return 20;
    case DataType::kUint8:
      return 3;
    case DataType::kUint16:
      return 5;
    case DataType::kUint32:
      return 10;
    case DataType::kUint64:
      return 20;
    case DataType::kFloat16:
      return kHalf.width;
    case DataType::kBfloat16:
      return kBrain.width;
    case DataType::kFloat32:
      return kSingle.width;
    case DataType::kFloat64:
      return kDouble.width;
    case DataType::kComplex64:
      return complex_width(kSingle);
    case DataType::kComplex128:
      return complex_width(kDouble);
    case DataType::kFloat8E4m3fn:
      return kE4m3fn.width;
    case DataType::kFloat8E5m2:
      return kE5m2.width;
  }
  return 0;
}

void format_element(DataType type, const std::byte* p, char* out) {
  const size_t width = text_width(type);
  switch (type) {
    case DataType::kBool:
      *out = load<uint8_t>(p) != 0 ? '1' : '0';
      return;
    case DataType::kInt8:
      return format_integer<int8_t>(p, out, width);
    case DataType::kInt16:
      return format_integer<int16_t>(p, out, width);
    case DataType::kInt32:
      return format_integer<int32_t>(p, out, width);
    case DataType::kInt64:
      return format_integer<int64_t>(p, out, width);
    case DataType::kUint8:
      return format_integer<uint8_t>(p, out, width);
    case DataType::kUint16:
      return format_integer<uint16_t>(p, out, width);
    case DataType::kUint32:
      return format_integer<uint32_t>(p, out, width);
    case DataType::kUint64:
      return format_integer<uint64_t>(p, out, width);
    case DataType::kFloat16:
      return format_float(element::half_to_float(load<uint16_t>(p)), kHalf, out);
    case DataType::kBfloat16:
      return format_float(element::bfloat_to_float(load<uint16_t>(p)), kBrain, out);
    case DataType::kFloat32:
      return format_float(load<float>(p), kSingle, out);
    case DataType::kFloat64:
      return format_float(load<double>(p), kDouble, out);
    case DataType::kComplex64:
      return format_complex(load<float>(p), load<float>(p + 4), kSingle, out);
    case DataType::kComplex128:
      return format_complex(load<double>(p), load<double>(p + 8), kDouble, out);
    case DataType::kFloat8E4m3fn:
      return format_float(element::e4m3fn_to_float(load<uint8_t>(p)), kE4m3fn, out);
    case DataType::kFloat8E5m2:
      return format_float(element::e5m2_to_float(load<uint8_t>(p)), kE5m2, out);
  }
}

}  // namespace neurofs
