// Zarr v3 metadata: a zarr.json to a FieldSpec.
//
// Pure; thread-safe. Errors (the caller adds the file): kInvalidArgument for a missing or wrong
// member, kOverflow for sizes past 2^63 - 1, kUnsupported for an extension (data type, grid, codec,
// storage transformer, unknown member) that is not known, by its name.
// Source: Zarr v3 core specification, "Array metadata" and "Extension points".
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/field/field_spec.h"

namespace neurofs {

enum class Zarr3NodeType : uint8_t { kArray, kGroup };

// Checks zarr_format and node_type.
Result<Zarr3NodeType> zarr3_node_type(const nlohmann::json& document);

Result<FieldSpec> parse_zarr3_array(const nlohmann::json& document);

}  // namespace neurofs
