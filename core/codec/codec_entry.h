// CodecEntry: one element of a "codecs" list, taken apart.
//
// Purpose: the two spellings of Zarr v3, {"name": ..., "configuration": {...}} and a plain name.
// Ownership: borrows the JSON; lives no longer than it.
// Errors: kInvalidArgument naming the position in the list.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/base/result.h"
#include "core/geometry/shape.h"

namespace neurofs {

struct CodecEntry {
  std::string name;
  const nlohmann::json* configuration;  // never null; a JSON null when absent
};

Result<CodecEntry> parse_codec_entry(const nlohmann::json& entry, size_t position);

// The kUnsupported status for a codec that no registry holds. `must_understand: false` does not
// make a codec skippable: without it the chunk's bytes mean nothing.
Status unknown_codec(const CodecEntry& entry);

// The `order` of a transpose codec for an array of `rank` axes: a permutation, or the "C" and "F"
// of early drafts of Zarr v3, which tensorstore still reads.
Result<Dims> parse_transpose_order(const CodecEntry& entry, size_t rank);

}  // namespace neurofs
