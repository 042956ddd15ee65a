// Random regions as text, resolved by the model's own reading of NumPy's rules.
#pragma once

#include <string>

#include "core/geometry/region.h"
#include "tests/model/random_source.h"

namespace neurofs::model {

struct NamedRegion {
  std::string text;  // as a file name spells it, without extension
  Region region;     // what it must mean
};

// Integers (also negative), slices with any sign of step and bounds past the ends, "..." and axes
// left out. The text is never empty and has at most 200 bytes.
NamedRegion random_region(Random& random, const Dims& shape);

}  // namespace neurofs::model
