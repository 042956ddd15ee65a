#include "core/lens/simd/levels.h"
#include "core/lens/simd/loops.h"

namespace neurofs {

constexpr LensLoops kLoops = make_loops();

const LensLoops* loops_avx2() {
  return &kLoops;
}

}  // namespace neurofs
