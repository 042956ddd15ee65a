#include "core/codec/cast_rule.h"

#include <cmath>
#include <cstdio>
#include <cstring>

#include "core/lens/lens_run.h"

namespace neurofs {

namespace {

const ByteVector* find_pair(const std::vector<CastRule::Pair>& pairs, const ExactNumber& number) {
  for (const auto& [value, element] : pairs) {
    if (value.same_value(number)) return &element;
  }
  return nullptr;
}

Status refuse(const CastRule& rule, const std::byte* element) {
  const bool is_finite = load_number(element, rule.from).kind == ExactNumber::Kind::kFinite;
  return invalid_argument(number_text(element, rule.from) + " is no " +
                          std::string(zarr_name(rule.to)) +
                          (is_finite ? ", and no rule for what is out of range covers it"
                                     : ", and no scalar_map gives it a value"));
}

}  // namespace

CastRule CastRule::as_numpy(DataType from, DataType to) {
  if (!is_integer(to)) return {from, to, Rounding::kNearestEven, OutOfRange::kClamp, {}};
  const bool wraps = is_integer(from);
  return {from, to, Rounding::kTowardsZero, wraps ? OutOfRange::kWrap : OutOfRange::kRefuse, {}};
}

Status CastRule::convert(const std::byte* source, std::byte* target, size_t count) const {
  if (pairs.empty() && holds_all(to, from)) {
    LensProgram cast{from, to, 1, {}};
    cast.steps[0] = {LensOp::kCast, to, 0, 0};
    run_lens(cast, target, source, count);
    return {};
  }
  const size_t source_item = item_size(from);
  const size_t target_item = item_size(to);
  for (size_t i = 0; i < count; ++i, source += source_item, target += target_item) {
    const ExactNumber number = load_number(source, from);
    const ByteVector* given = pairs.empty() ? nullptr : find_pair(pairs, number);
    if (given) {
      std::memcpy(target, given->data(), target_item);
    } else if (!store_number(number, to, rounding, out_of_range, target)) {
      return refuse(*this, source);
    }
  }
  return {};
}

std::string number_text(const std::byte* element, DataType type) {
  const ExactNumber number = load_number(element, type);
  const std::string sign = number.negative ? "-" : "";
  if (number.kind == ExactNumber::Kind::kNan) return "NaN";
  if (number.kind == ExactNumber::Kind::kInfinite) return sign + "Infinity";
  if (is_integer(type)) return sign + std::to_string(number.significand);
  char text[32];
  const double magnitude = std::ldexp(static_cast<double>(number.significand), number.exponent);
  std::snprintf(text, sizeof text, "%s%.9g", sign.c_str(), magnitude);
  return text;
}

}  // namespace neurofs
