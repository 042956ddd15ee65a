#include "mount-tools/text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace neurofs::tools {
namespace {

// The factor of a suffix: "", "B", "K", "KiB", "kB", ... up to exabytes.
std::optional<double> unit_of(std::string_view suffix) {
  if (suffix.empty() || suffix == "B") return 1;
  constexpr std::string_view kPrefixes = "kMGTPE";
  const char prefix = suffix.front() == 'K' ? 'k' : suffix.front();
  const size_t power = kPrefixes.find(prefix);
  if (power == std::string_view::npos) return std::nullopt;
  const std::string_view rest = suffix.substr(1);
  const auto exponent = static_cast<double>(power + 1);
  if (rest == "B" || rest == "b") return std::pow(1000, exponent);
  if (rest.empty() || rest == "iB" || rest == "i") return std::pow(1024, exponent);
  return std::nullopt;
}

Result<Index> parse_axis(std::string_view term, std::string_view whole) {
  std::string digits;
  for (const char c : term) {
    if (c != '_') digits.push_back(c);
  }
  Index value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error == std::errc::result_out_of_range) {
    return overflow(fmt::format("axis '{}' of '{}' passes 2^63 - 1", term, whole));
  }
  if (error != std::errc{} || stop != end || value < 0) {
    return invalid_argument(
        fmt::format("'{}' is not a shape; write numbers with commas, such as 1000,64", whole));
  }
  return value;
}

// Bytes of the printable character that `text` begins with, 0 when it begins with none.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const auto tail = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      if ((byte(i) & 0xc0) != 0x80) return size_t{0};
    }
    return to;
  };
  const unsigned lead = byte(0);
  const unsigned next = byte(1);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  if (lead == 0xc2) return next >= 0xa0 ? tail(1, 2) : 0;  // below are control characters
  if (lead > 0xc2 && lead < 0xe0) return tail(1, 2);
  // Not the long forms of shorter ones, no surrogates, nothing past U+10FFFF.
  if (lead == 0xe0 && next < 0xa0) return 0;
  if (lead == 0xed && next >= 0xa0) return 0;
  if (lead >= 0xe0 && lead < 0xf0) return tail(1, 3);
  if (lead == 0xf0 && next < 0x90) return 0;
  if (lead == 0xf4 && next >= 0x90) return 0;
  return lead >= 0xf0 && lead <= 0xf4 ? tail(1, 4) : 0;
}

}  // namespace

Result<uint64_t> parse_bytes(std::string_view text) {
  const auto bad = [&] {
    return invalid_argument(
        fmt::format("'{}' is not a size; write such as 4GiB, 512M or 4096", text));
  };
  const size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  if (digits == 0 || text.front() == '.') return bad();
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + digits, number);
  const auto unit = unit_of(text.substr(digits));
  if (error != std::errc{} || stop != text.data() + digits || !unit) return bad();
  const double bytes = number * *unit;
  if (bytes >= 0x1p63) return overflow(fmt::format("'{}' passes 8 EiB", text));
  return static_cast<uint64_t>(bytes);
}

Result<Dims> parse_dims(std::string_view text) {
  Dims dims;
  if (text == "()") return dims;
  if (text.empty()) return invalid_argument("a shape is empty; that of a single element is ()");
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find_first_of(",x"), rest.size());
    if (dims.size() == kMaxRank) {
      return invalid_argument(fmt::format("'{}' has more than {} axes", text, kMaxRank));
    }
    NF_ASSIGN(const Index axis, parse_axis(rest.substr(0, end), text));
    dims.push_back(axis);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return dims;
}

std::string format_bytes(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 6> kUnits{"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  std::string number = fmt::format("{:.{}f}", value, decimals);
  if (decimals > 0) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
  }
  return fmt::format("{} {}", number, kUnits[unit]);
}

std::string format_count(uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t length = character_length(text);
    if (length == 0) {
      out += fmt::format("\\x{:02x}", static_cast<uint8_t>(text.front()));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

std::string json_text(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string format_seconds(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<uint64_t>(seconds);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

}  // namespace neurofs::tools
