// Text that people type and read: sizes, shapes, counts, durations.
//
// Pure and thread-safe. Parsers are total: anything that is not exactly what is described is
// kInvalidArgument with the text in the message, or kOverflow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/geometry/shape.h"

namespace neurofs::tools {

// "4096", "4KiB", "4K" (binary), "4kB", "1.5GB" (decimal powers): bytes.
Result<uint64_t> parse_bytes(std::string_view text);

// "86000000000,1000", also with an 'x' or '_' as people write them ("1_000_000x256"); "" is rank 0.
Result<Dims> parse_dims(std::string_view text);

// Three significant digits, decimal units: "344 TB", "1.02 kB", "17 B".
std::string format_bytes(uint64_t bytes);

// "86,000,000,000".
std::string format_count(uint64_t count);

// "4.2 s", "3 min 20 s", "2 h 5 min".
std::string format_seconds(double seconds);

}  // namespace neurofs::tools
