// The JSON form of a fill value's bits, such that every reader gets the same bits back.
//
// Pure; thread-safe. Source: Zarr v3 core "Fill value".
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/bytes.h"
#include "core/geometry/data_type.h"

namespace neurofs {

// `fill`: one element, native byte order.
nlohmann::json fill_value_json(Bytes fill, DataType dtype);

}  // namespace neurofs
