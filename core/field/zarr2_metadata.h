// Zarr v2 metadata: a .zarray (and .zattrs) to a FieldSpec.
//
// Purpose: version 2 says the same things in other words, so it is rewritten as a v3 codec list and
// prepared like one: order F is a reversing `transpose`, a big-endian typestr a `bytes` codec with
// that endianness, filters and compressor the bytes-to-bytes codecs after it, in this order. Filters
// that change elements (fixedscaleoffset, astype) come before `bytes`, whose endianness is then that of
// the type which the last of them stores.
// Pure; thread-safe. Errors (the caller adds the file): kInvalidArgument, kOverflow, kUnsupported
// for a dtype, filter or compressor that is not known, by its name. Members beyond the format's own
// are ignored, as the specification asks.
// Source: Zarr v2 specification, "Arrays"; numcodecs for the codecs' configurations.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/field/field_spec.h"

namespace neurofs {

// `attributes`: the .zattrs, an object (empty where there is none).
Result<FieldSpec> parse_zarr2_array(const nlohmann::json& document,
                                    const nlohmann::json& attributes);

}  // namespace neurofs
