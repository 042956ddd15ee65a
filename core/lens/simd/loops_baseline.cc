#include "core/lens/simd/levels.h"
#include "core/lens/simd/loops.h"

namespace neurofs {

constexpr LensLoops kLoops = make_loops();

const LensLoops* loops_baseline() {
  return &kLoops;
}

}  // namespace neurofs
