// ExactNumber: one element of any number type, without rounding, and the way back with every rounding.
//
// Purpose: integers and floats of all widths meet in sign * significand * 2^exponent, so that one piece
// of code converts between any two types in any rounding mode, correctly at the edges too (2^63, the
// least subnormal, half way between two values). It takes some nanoseconds an element; conversions that
// cannot round have a faster way in cast_rule.h. Pure; thread-safe. Units: significand in units of
// 2^exponent. Sources: IEEE 754-2019 sections 4.3 and 5.4; OCP 8-bit floating point (e4m3fn, e5m2);
// Zarr codec `cast_value` for the names of the modes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/geometry/data_type.h"
#include "core/lens/type_rules.h"

namespace neurofs {

enum class Rounding : uint8_t {
  kNearestEven,
  kTowardsZero,
  kTowardsPositive,
  kTowardsNegative,
  kNearestAway,
};

// What becomes of a value that, after rounding, lies outside of the type.
enum class OutOfRange : uint8_t {
  kRefuse,
  kClamp,  // to the nearest end of the type; to infinity where the type has it
  kWrap,   // integers: modulo 2^bits; refused for floats
};

struct ExactNumber {
  enum class Kind : uint8_t { kFinite, kInfinite, kNan };
  Kind kind = Kind::kFinite;
  bool negative = false;
  uint64_t significand = 0;  // of a NaN: its fraction, in the highest bits
  int exponent = 0;

  // Equal as numbers: 0 and -0 are, and every NaN equals every other.
  bool same_value(const ExactNumber& other) const;
};

// True for integers and floats: the types that the functions below take.
bool is_number(DataType type);
// False for float8_e4m3fn and the integers.
bool has_infinity(DataType type);
// True when every value of `narrow` is one of `wide`, infinities included.
bool holds_all(DataType wide, DataType narrow);

ExactNumber load_number(const std::byte* from, DataType type);

// Rounds as if the exponent had no bound, then looks whether the result is in range. False, with
// nothing written, when the type has no such value and `out_of_range` gives none in its place: NaN and
// infinity in types without them, whatever the rule, and finite values with kRefuse.
bool store_number(const ExactNumber& number, DataType type, Rounding rounding,
                  OutOfRange out_of_range, std::byte* to);

}  // namespace neurofs
