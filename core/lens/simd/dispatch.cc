#include <cstdlib>
#include <cstring>

#include "core/lens/simd/levels.h"

namespace neurofs {
namespace {

#if defined(__x86_64__)
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("f16c");
}
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

const LensLoops* choose() {
  const char* wish = std::getenv("NEUROFS_SIMD");
  const LensLoops* wished = nullptr;
  if (wish != nullptr && std::strcmp(wish, "sse2") == 0) return loops_baseline();
  if (wish != nullptr && std::strcmp(wish, "avx2") == 0) wished = lens_loops(SimdLevel::kAvx2);
  if (wish != nullptr && std::strcmp(wish, "avx512") == 0) wished = lens_loops(SimdLevel::kAvx512);
  if (wished != nullptr) return wished;
  for (const SimdLevel level : {SimdLevel::kAvx512, SimdLevel::kAvx2}) {
    if (const LensLoops* loops = lens_loops(level)) return loops;
  }
  return loops_baseline();
}

}  // namespace

const LensLoops* lens_loops(SimdLevel level) {
  switch (level) {
    case SimdLevel::kBaseline:
      return loops_baseline();
#if defined(__x86_64__)
    case SimdLevel::kAvx2:
      return has_avx2() ? loops_avx2() : nullptr;
    case SimdLevel::kAvx512:
      return has_avx512() ? loops_avx512() : nullptr;
#endif
    default:
      return nullptr;
  }
}

const LensLoops& lens_loops() {
  static const LensLoops* const chosen = choose();
  return *chosen;
}

}  // namespace neurofs
