// ScaleRule: (x - offset) * scale and back, in the arithmetic of one number type.
//
// Purpose: what `scale_offset` and `fixedscaleoffset` share. Every operation rounds to the type, as
// NumPy's do; those of types narrower than float32 are computed in float32 first. Integers are computed
// without overflow and must come out whole and in range. Floats may become infinite or NaN where the
// type has such values; float8_e4m3fn refuses what it cannot hold.
// Thread-safety: immutable. Shapes: `count` dense elements in native byte order, changed in place; no
// alignment is needed. Errors: kInvalidArgument naming the first element for which there is no result.
// Sources: zarr-extensions, codec `scale_offset`; numcodecs FixedScaleOffset.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/geometry/data_type.h"

namespace neurofs {

class CodecConfig;

class ScaleRule {
 public:
  // Reads the members `scale` and `offset` (1 and 0 where absent) as scalars of `type`, which must be
  // an integer or a float. A scale of 0 loses every value and is refused.
  static Result<ScaleRule> read(const CodecConfig& config, DataType type);

  Status apply(std::byte* elements, size_t count) const;   // (x - offset) * scale
  Status revert(std::byte* elements, size_t count) const;  // x / scale + offset

 private:
  DataType type_ = DataType::kFloat64;
  ByteVector scale_;
  ByteVector offset_;
};

}  // namespace neurofs
