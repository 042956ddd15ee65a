// The data types in the configurations of numcodecs' element-wise codecs.
//
// Purpose: NumPy type strings and names ("<f4", "float32", "f4"). Inside a chain elements have this
// machine's order, so a big-endian type is kUnsupported here; Zarr v2 metadata is rewritten before, see
// core/field/zarr2_metadata.h. Pure; thread-safe. Errors name the codec and the member.
#pragma once

#include "core/base/result.h"
#include "core/codec/codec_config.h"
#include "core/geometry/data_type.h"

namespace neurofs {

// The member's type, an integer or a float; `fallback` where it is absent.
Result<DataType> read_numcodecs_type(const CodecConfig& config, const char* member,
                                     DataType fallback);

// As above, for the type of the elements that the codec is given: numcodecs would take the bytes of
// another type for its own, so that one is kUnsupported.
Status check_numcodecs_type(const CodecConfig& config, const char* member, DataType actual);

}  // namespace neurofs
