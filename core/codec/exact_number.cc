#include "core/codec/exact_number.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace neurofs {

namespace {

using Kind = ExactNumber::Kind;

struct Format {
  int bits;
  bool is_float;
  bool is_signed;
  int fraction = 0;  // bits of it, for floats
  bool has_infinity = true;

  int exponent_bits() const { return bits - 1 - fraction; }
  int bias() const { return (1 << (exponent_bits() - 1)) - 1; }
  uint64_t sign() const { return uint64_t{1} << (bits - 1); }
  // The encoding that follows the greatest finite one.
  uint64_t past_finite() const {
    return has_infinity ? ((uint64_t{1} << exponent_bits()) - 1) << fraction : sign() - 1;
  }
};

Format format_of(DataType type) {
  switch (type) {
    case DataType::kFloat16:
      return {16, true, true, 10};
    case DataType::kBfloat16:
      return {16, true, true, 7};
    case DataType::kFloat8E4m3fn:
      return {8, true, true, 3, false};
    case DataType::kFloat8E5m2:
      return {8, true, true, 2};
    case DataType::kFloat32:
      return {32, true, true, 23};
    case DataType::kFloat64:
      return {64, true, true, 52};
    default: {
      const bool is_signed = type >= DataType::kInt8 && type <= DataType::kInt64;
      return {static_cast<int>(item_size(type)) * 8, false, is_signed};
    }
  }
}

int width_of(uint64_t value) {
  return static_cast<int>(std::bit_width(value));
}

uint64_t load_bits(const std::byte* from, int bits) {
  uint64_t value = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, from, static_cast<size_t>(bits) / 8);
  } else {
    std::memcpy(reinterpret_cast<std::byte*>(&value) + 8 - bits / 8, from,
                static_cast<size_t>(bits) / 8);
  }
  return value;
}

void store_bits(uint64_t value, int bits, std::byte* to) {
  const auto size = static_cast<size_t>(bits) / 8;
  const auto* from = reinterpret_cast<const std::byte*>(&value);
  std::memcpy(to, std::endian::native == std::endian::little ? from : from + 8 - size, size);
}

ExactNumber load_float(uint64_t bits, const Format& format) {
  ExactNumber number;
  number.negative = (bits & format.sign()) != 0;
  bits &= format.sign() - 1;
  const uint64_t fraction = bits & ((uint64_t{1} << format.fraction) - 1);
  if (bits >= format.past_finite()) {
    number.kind = format.has_infinity && fraction == 0 ? Kind::kInfinite : Kind::kNan;
    number.significand = fraction << (64 - format.fraction);
    return number;
  }
  const auto biased = static_cast<int>(bits >> format.fraction);
  number.significand = biased == 0 ? fraction : fraction | uint64_t{1} << format.fraction;
  number.exponent = std::max(biased, 1) - format.bias() - format.fraction;
  return number;
}

bool rounds_up(Rounding rounding, bool negative, bool is_odd, bool above_half, bool is_half) {
  switch (rounding) {
    case Rounding::kNearestEven:
      return above_half || (is_half && is_odd);
    case Rounding::kNearestAway:
      return above_half || is_half;
    case Rounding::kTowardsPositive:
      return !negative;
    case Rounding::kTowardsNegative:
      return negative;
    case Rounding::kTowardsZero:
      break;
  }
  return false;
}

// |number| / 2^(exponent + shift), rounded to a whole number; shift > 0.
uint64_t rounded_shift(const ExactNumber& number, int shift, Rounding rounding) {
  const uint64_t value = number.significand;
  if (value == 0) return 0;
  const uint64_t whole = shift < 64 ? value >> shift : 0;
  const uint64_t rest = shift < 64 ? value - (whole << shift) : value;
  if (rest == 0) return whole;
  const uint64_t half = shift <= 64 ? uint64_t{1} << (shift - 1) : 0;  // 0: more than any rest
  const bool is_half = rest == half;
  const bool above_half = half != 0 && rest > half;
  const bool up = rounds_up(rounding, number.negative, whole % 2 != 0, above_half, is_half);
  return whole + (up ? 1 : 0);
}

bool store_float(const ExactNumber& number, const Format& format, Rounding rounding,
                 OutOfRange out_of_range, std::byte* to) {
  const uint64_t sign = number.negative ? format.sign() : 0;
  const uint64_t infinity = format.past_finite();
  uint64_t bits = 0;
  if (number.kind == Kind::kNan) {
    const uint64_t quiet = uint64_t{1} << (format.fraction - 1);
    const uint64_t payload = number.significand >> (64 - format.fraction);
    bits = infinity | (format.has_infinity ? payload | quiet : 0);
  } else if (number.kind == Kind::kInfinite) {
    if (!format.has_infinity) return false;
    bits = infinity;
  } else if (number.significand != 0) {
    const int width = width_of(number.significand);
    // Below the least normal value the spacing stays what it is there.
    const int exponent = std::max(number.exponent + width - 1, 1 - format.bias());
    const int shift = exponent - format.fraction - number.exponent;
    const uint64_t significand =
        shift > 0 ? rounded_shift(number, shift, rounding) : number.significand << -shift;
    const auto biased = static_cast<uint64_t>(exponent + format.bias() - 1);
    // A significand that has become 2^(fraction + 1) carries into the exponent, as it should. In the
    // greatest binade of a type the exponents of others have no room: they are out of range.
    const bool fits = exponent <= format.bias() + (format.has_infinity ? 0 : 1);
    bits = fits ? (biased << format.fraction) + significand : infinity;
    if (bits >= infinity) {
      if (out_of_range != OutOfRange::kClamp) return false;
      bits = format.has_infinity ? infinity : infinity - 1;
    }
  }
  store_bits(sign | bits, format.bits, to);
  return true;
}

bool store_integer(const ExactNumber& number, const Format& format, Rounding rounding,
                   OutOfRange out_of_range, std::byte* to) {
  if (number.kind != Kind::kFinite) return false;
  const int shift = number.exponent;
  uint64_t magnitude = 0;  // modulo 2^64
  bool in_range = true;
  if (shift < 0) {
    magnitude = rounded_shift(number, -shift, rounding);
  } else {
    magnitude = shift < 64 ? number.significand << shift : 0;
    in_range = number.significand == 0 || width_of(number.significand) + shift <= 64;
  }
  const uint64_t greatest = ~uint64_t{0} >> (64 - format.bits + (format.is_signed ? 1 : 0));
  const uint64_t lowest = format.is_signed ? greatest + 1 : 0;  // its magnitude
  in_range = in_range && magnitude <= (number.negative ? lowest : greatest);
  if (!in_range) {
    if (out_of_range == OutOfRange::kRefuse) return false;
    if (out_of_range == OutOfRange::kClamp) magnitude = number.negative ? lowest : greatest;
  }
  store_bits(number.negative ? 0 - magnitude : magnitude, format.bits, to);
  return true;
}

}  // namespace

bool ExactNumber::same_value(const ExactNumber& other) const {
  if (kind != other.kind) return false;
  if (kind == Kind::kNan) return true;
  if (kind == Kind::kFinite) {
    if (significand == 0 || other.significand == 0) return significand == other.significand;
    const int own_zeros = std::countr_zero(significand);
    const int other_zeros = std::countr_zero(other.significand);
    if (significand >> own_zeros != other.significand >> other_zeros) return false;
    if (exponent + own_zeros != other.exponent + other_zeros) return false;
  }
  return negative == other.negative;
}

bool is_number(DataType type) {
  return type != DataType::kBool && !is_complex(type);
}

bool has_infinity(DataType type) {
  const Format format = format_of(type);
  return format.is_float && format.has_infinity;
}

bool holds_all(DataType wide, DataType narrow) {
  const Format to = format_of(wide);
  const Format from = format_of(narrow);
  const int from_digits = from.bits - (from.is_signed ? 1 : 0);
  if (!from.is_float) {
    if (to.is_float) return from_digits <= to.fraction + 1;
    return (to.is_signed || !from.is_signed) && from_digits <= to.bits - (to.is_signed ? 1 : 0);
  }
  return to.is_float && from.fraction <= to.fraction &&
         from.exponent_bits() <= to.exponent_bits() && (to.has_infinity || !from.has_infinity);
}

ExactNumber load_number(const std::byte* from, DataType type) {
  const Format format = format_of(type);
  const uint64_t bits = load_bits(from, format.bits);
  if (format.is_float) return load_float(bits, format);
  ExactNumber number;
  number.negative = format.is_signed && (bits & format.sign()) != 0;
  // The higher bits of a negative number: extended before it is negated.
  const uint64_t extended = number.negative ? bits | ~(format.sign() - 1) : bits;
  number.significand = number.negative ? 0 - extended : extended;
  return number;
}

bool store_number(const ExactNumber& number, DataType type, Rounding rounding,
                  OutOfRange out_of_range, std::byte* to) {
  const Format format = format_of(type);
  return format.is_float ? store_float(number, format, rounding, out_of_range, to)
                         : store_integer(number, format, rounding, out_of_range, to);
}

}  // namespace neurofs
