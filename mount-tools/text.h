// Text that people type and read: sizes, shapes, counts, durations, names.
//
// Pure and thread-safe. Parsers are total: anything that is not exactly what is described is
// kInvalidArgument with the text in the message, or kOverflow.
#pragma once

#include <cstdint>
#include <cstring>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/geometry/shape.h"

namespace neurofs::tools {

// "4096", "4KiB", "4K" (binary), "4kB", "1.5GB" (decimal powers): bytes.
Result<uint64_t> parse_bytes(std::string_view text);

// "86000000000,1000", also with an 'x' or '_' as people write them ("1_000_000x256"); "()" is rank 0.
Result<Dims> parse_dims(std::string_view text);

// Three significant digits, decimal units: "344 TB", "1.02 kB", "17 B".
std::string format_bytes(uint64_t bytes);

// "86,000,000,000".
std::string format_count(uint64_t count);

// What stands in a text field of a struct that another process filled in, with or without its end.
template <size_t N>
std::string text_in(const char (&field)[N]) {
  return {field, strnlen(field, N)};
}

// Safe to print on a terminal: control characters and bytes that are no UTF-8 become \xNN.
std::string printable(std::string_view text);

// JSON text, whatever bytes the strings hold: what is no UTF-8 becomes U+FFFD. `indent` -1: one line.
std::string json_text(const nlohmann::json& value, int indent = 2);

// "4.2 s", "3 min 20 s", "2 h 5 min".
std::string format_seconds(double seconds);

}  // namespace neurofs::tools
