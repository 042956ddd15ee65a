// The loops of each instruction set that this build has.
#pragma once

#include "core/lens/lens_loops.h"

namespace neurofs {

const LensLoops* loops_baseline();  // what every machine of the architecture runs
#if defined(__x86_64__)
const LensLoops* loops_avx2();    // AVX2, FMA, F16C
const LensLoops* loops_avx512();  // besides: AVX-512 F, BW, DQ, VL
#endif

}  // namespace neurofs
