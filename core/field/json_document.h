// Parses a metadata document that may be hostile: bounded, strict, and with a place for each error.
//
// Purpose: one door for every JSON text this folder reads. Beyond plain JSON it accepts the bare
// literals NaN, Infinity and -Infinity, which Python's json module writes (zarr-python into
// attributes and fill values), as the strings of these names.
// Refused: more than kMaxDocumentBytes, nesting beyond kMaxDocumentDepth, a byte order mark, text
// that is not UTF-8, anything after the document, and a member that appears twice in one object
// (readers would disagree about which one counts).
// Pure; thread-safe. Errors: kCorrupt "FILE: byte N: why".
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace neurofs {

inline constexpr size_t kMaxDocumentBytes = size_t{16} << 20;
inline constexpr size_t kMaxDocumentDepth = 64;

// `file` names the document in messages.
Result<nlohmann::json> parse_json_document(Bytes text, std::string_view file);

}  // namespace neurofs
