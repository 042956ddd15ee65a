#include "core/lens/lens_number.h"

#include <array>
#include <charconv>
#include <cmath>

namespace neurofs {
namespace {

Status bad_number(std::string_view text, const std::string& why) {
  return not_found("\"" + std::string(text.substr(0, 64)) + "\" " + why);
}

}  // namespace

Result<double> parse_lens_number(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range) {
    return bad_number(text, "is beyond what float64 can hold");
  }
  if (error != std::errc() || stop != end) {
    return bad_number(text, "is not a decimal number such as 0.5, -2 or 1e-3");
  }
  if (std::isnan(value)) return bad_number(text, "is not a number that a step can take");
  return value;
}

std::string lens_number_text(double value) {
  std::array<char, 32> text;  // 24 characters at most
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

}  // namespace neurofs
