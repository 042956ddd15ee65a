#include <cstdlib>
#include <cstring>

#include "core/lens/simd/levels.h"
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace neurofs {
namespace {

#if defined(__x86_64__)
// Not every compiler's __builtin_cpu_supports() knows the name.
bool has_f16c() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
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
