// Raw files: elements and nothing else, described by a JSON file beside them.
//
// The description of `activations.bin` is `activations.bin.json`:
//   {
//     "shape": [86000, 1000],          required; at most 32 axes
//     "dtype": "float32",              required; a Zarr name or a NumPy short name ("f4")
//     "order": "C",                    or "F"; default "C"
//     "byte_order": "little",          or "big"; default "little"
//     "offset": 0,                     bytes before the first element; default 0
//     "trailing": "refuse",            or "ignore": bytes after the last element; default "refuse"
//     "dimension_names": ["cell", "feature"],   default none
//     "attributes": {"neurofs.neuron_axes": 1}  default none
//   }
// A file that is longer than the elements need is refused unless "trailing" says otherwise: with too
// small a shape every row but the first would hold the wrong elements. A member that is not listed
// here is refused, so that a misspelt one is not silently left out.
// Pure; thread-safe. Errors (the caller adds the file): kInvalidArgument, kOverflow, kUnsupported;
// kCorrupt when the file is shorter than the elements need.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/field/field_spec.h"

namespace neurofs {

// `file_size` is of the raw file, in bytes. object_key is left to the caller.
Result<FieldSpec> parse_raw_description(const nlohmann::json& document, uint64_t file_size);

// Ok when a file of `size` bytes holds all elements of `spec`, else kCorrupt.
Status check_file_holds(const FieldSpec& spec, uint64_t size);

// The bytes of a file of `size` bytes after the last element; 0 when there are none.
uint64_t trailing_bytes(const FieldSpec& spec, uint64_t size);

}  // namespace neurofs
