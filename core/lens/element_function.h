// NEUROFS_ELEMENT_FN: how the functions of one element are declared.
//
// They are compiled for the host several times, with and without newer instructions, and for the device.
// Internal linkage and forced inlining keep a copy that was compiled for AVX out of the code that runs
// everywhere; so these functions call no function of the standard library either.
#pragma once

#ifdef __CUDACC__
#define NEUROFS_ELEMENT_FN static __host__ __device__ __forceinline__
#else
#define NEUROFS_ELEMENT_FN static inline __attribute__((always_inline))
#endif

namespace neurofs {

template <typename To, typename From>
NEUROFS_ELEMENT_FN To same_bits(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To result;
  __builtin_memcpy(&result, &value, sizeof result);
  return result;
}

}  // namespace neurofs
