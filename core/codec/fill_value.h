// Fill values: from their JSON forms to the bits of one element.
//
// Purpose: what absent chunks read as. The bits are those that zarr-python gives; where it guesses
// (numbers in strings, hexadecimal digits of another type's width) or turns a value into infinity
// because the type cannot hold it, the value is refused.
//   bool: true, false, 0, 1                       integers: a whole number in the type's range
//   floats: a number, "NaN", "Infinity", "-Infinity", or "0x" and the type's bits, most
//           significant digit first                    complex: [real, imaginary], each a float
// Numbers are rounded to the nearest even value of the type (bfloat16 and float8 by way of float32).
// Codecs write their own scalars (scale, offset, scalar_map) in the same forms; `member` names them in
// messages. Pure; thread-safe. Errors: kInvalidArgument with the value and what the type takes.
// Sources: Zarr v3 core "Fill value"; Zarr v2 "Fill value encoding".
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/geometry/data_type.h"

namespace neurofs {

// One element in native byte order.
Result<ByteVector> parse_fill_value(const nlohmann::json& value, DataType type,
                                    std::string_view member = "fill_value");

// Zarr v2 also has null, "undefined", which zarr-python reads as zero.
Result<ByteVector> parse_fill_value_v2(const nlohmann::json& value, DataType type);

}  // namespace neurofs
