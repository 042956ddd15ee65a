// Raw files: elements and nothing else, described by a JSON file beside them.
//
// The description of `activations.bin` is `activations.bin.json`:
//   {
//     "shape": [86000, 1000],          required; at most 32 axes
//     "dtype": "float32",              required; a Zarr name or a NumPy short name ("f4")
//     "order": "C",                    or "F"; default "C"
//     "byte_order": "little",          or "big"; default "little"
//     "offset": 0,                     bytes before the first element; default 0
//     "dimension_names": ["cell", "feature"],   default none
//     "attributes": {"neurofs.neuron_axes": 1}  default none
//   }
// The file may be longer than the elements need, never shorter. A member that is not listed here is
// refused, so that a misspelt one is not silently left out.
// Pure; thread-safe. Errors (the caller adds the file): kInvalidArgument, kOverflow, kUnsupported.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/field/field_spec.h"

namespace neurofs {

// object_key is left to the caller.
Result<FieldSpec> parse_raw_description(const nlohmann::json& document);

}  // namespace neurofs
