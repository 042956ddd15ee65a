// The --codec option: short names for Zarr v3 codec lists.
//
// "zstd", "zstd:5", "gzip:6", "blosc:lz4:5", "crc32c", "none", joined by commas in the order in
// which they are applied ("zstd,crc32c"), or a JSON list that is taken as it is.
// Pure. Errors: kInvalidArgument naming the part that is not known.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "core/base/result.h"
#include "core/geometry/data_type.h"

namespace neurofs::tools {

// Null for "none": the default of create_field.
Result<nlohmann::json> parse_codec_option(std::string_view text, DataType dtype);

}  // namespace neurofs::tools
