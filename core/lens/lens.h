// Lens: a lazy element-wise transformation, written as a name and applied while bytes are copied out.
//
// Purpose: "relu,f16" or "scale=0.5,offset=1" over a field of one type: a chain of steps that changes
// values and perhaps their type, never their number or place, so that sizes stay arithmetic and nothing
// transformed is ever stored. A step is one file under core/lens/steps with one Registration line.
// Thread-safety: immutable after parse(); apply() and copy() from any thread. Ownership: a plain value.
// Shapes and strides: as strided_copy(): strides in bytes, of the source's items and of the result's.
// Errors: parse() gives kNotFound with the reason (the step, what it takes, what is like it); applying
// cannot fail. Any source bytes are allowed; no overlap of source and destination.
// Types: relu, clip, abs, round, threshold keep the source's; scale, offset, leaky_relu, zscore give float64
// for integers; functions give float16 for 8-bit integers, float32 for 16-bit ones, float64 for wider ones.
// Values stay in registers between steps (lens_program.h) and are rounded at casts and at the end.
// Casts: NumPy's astype (element_types.h); floating point to integers saturates where NumPy leaves it
// undefined. `*_sat` steps send all that is out of range to the nearest end.
// Accuracy: the greatest error of each function, in ulp of the result's type, is in core/README.md.
// Source of the types' rules: NumPy's astype and ufunc type resolution (NEP 50), ml_dtypes.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/geometry/shape.h"
#include "core/lens/lens_program.h"

namespace neurofs {

class LensPlan;

class Lens {
 public:
  // The lens that changes nothing.
  explicit Lens(DataType source) { program_.source = program_.result = source; }

  // `text` is what stands behind the '@': steps separated by commas, a step with values as name=value or
  // name=value:value. `attributes`: the field's, for steps that take stored statistics.
  static Result<Lens> parse(std::string_view text, DataType source,
                            const nlohmann::json& attributes);

  DataType source() const { return program_.source; }
  DataType result() const { return program_.result; }
  bool is_identity() const { return program_.count == 0; }
  // Canonical: the same for all spellings of a lens ("scale=.50" is "scale=0.5"). "" for Lens(source); a
  // cast to the type that values have already is named and has no step.
  const std::string& name() const { return name_; }
  const LensProgram& program() const { return program_; }

  // `count` elements, dense on both sides.
  void apply(std::byte* dst, const std::byte* src, size_t count) const;
  // An N-D box; as strided_copy(), which it is for the identity.
  void copy(std::byte* dst, const Dims& dst_strides, const std::byte* src, const Dims& src_strides,
            const Dims& shape) const;

 private:
  // Makes plan_ for program_.
  void prepare();

  LensProgram program_;
  std::string name_;
  std::shared_ptr<const LensPlan> plan_;  // null: elements go through as they are
};

}  // namespace neurofs
