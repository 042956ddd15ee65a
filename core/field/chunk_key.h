// Chunk keys: how the object of an outermost chunk is called.
//
// Purpose: KeyEncoding and coordinates to a key below the array's path.
//   zarr3 default: "c/0/1" (rank 0: "c"); zarr2: "0.1" (rank 0: "0"), with either separator.
// Pure; thread-safe; one allocation for the returned text.
// Source: Zarr v3 core "Chunk key encoding"; Zarr v2 "Chunks".
#pragma once

#include <string>
#include <string_view>

#include "core/field/field_spec.h"

namespace neurofs {

// "PATH/NAME", or NAME alone below the root.
std::string join_key(std::string_view path, std::string_view name);

// `prefix` is put before the key as it is: "" or "path/".
std::string chunk_key(const FieldSpec& spec, std::string_view prefix, const Dims& coordinates);

}  // namespace neurofs
