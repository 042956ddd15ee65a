// CastRule: how the elements of one type become elements of another.
//
// Purpose: the conversion that `cast_value`, `astype` and `fixedscaleoffset` share: pairs of values
// first, then rounding, then the rule for what is out of range. Where nothing can be rounded and no pair
// is given, elements go through the vector loops of core/lens.
// Thread-safety: immutable once made. Ownership: a plain value. Shapes: `count` elements, dense, in
// native byte order; no overlap; no alignment is needed. Errors: convert() names the first element that
// no rule covers and what would cover it, as kInvalidArgument; a reader makes kCorrupt of it.
// Source: zarr-extensions, codec `cast_value`, "Procedure".
#pragma once

#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/codec/exact_number.h"

namespace neurofs {

struct CastRule {
  // A value of `from`, compared as a number (any NaN is every NaN, -0 is 0), and the element of `to`
  // that it becomes. The first pair that matches counts.
  using Pair = std::pair<ExactNumber, ByteVector>;

  DataType from = DataType::kFloat32;
  DataType to = DataType::kFloat32;
  Rounding rounding = Rounding::kNearestEven;
  OutOfRange out_of_range = OutOfRange::kRefuse;
  std::vector<Pair> pairs;

  // What NumPy's astype does where that is defined: integers wrap, floats become infinite, a fraction
  // is dropped; a float that an integer type cannot hold is refused.
  static CastRule as_numpy(DataType from, DataType to);

  Status convert(const std::byte* source, std::byte* target, size_t count) const;
};

// The element as a person writes it: "-1.5", "300", "NaN".
std::string number_text(const std::byte* element, DataType type);

}  // namespace neurofs
