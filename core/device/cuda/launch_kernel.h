// launch_kernel(): starts a kernel, as a function rather than as syntax.
//
// Purpose: the same kernel files compile for the GPU and, in a test, for an emulation on the CPU that
// brings its own launch_kernel() and meaning of __global__ and so on. Returns the launch's error.
#pragma once

#ifdef __CUDACC__
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

namespace neurofs::cuda {

template <typename... Parameters>
cudaError_t launch_kernel(void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t stream,
                          const Parameters&... arguments) {
  kernel<<<grid, block, 0, stream>>>(arguments...);
  return cudaGetLastError();
}

// The same for kernels whose threads wait for each other within a block.
template <typename... Parameters>
cudaError_t launch_team_kernel(void (*kernel)(Parameters...), dim3 grid, dim3 block,
                               cudaStream_t stream, const Parameters&... arguments) {
  return launch_kernel(kernel, grid, block, stream, arguments...);
}

}  // namespace neurofs::cuda
#endif

namespace neurofs::cuda {

inline constexpr unsigned kThreads = 256;
inline constexpr unsigned kWarp = 32;

// Enough blocks to fill the device several times over, no more than there is work for.
inline unsigned grid_for(uint64_t threads, int multiprocessors) {
  const uint64_t blocks = (threads + kThreads - 1) / kThreads;
  return static_cast<unsigned>(
      std::clamp<uint64_t>(blocks, 1, static_cast<uint64_t>(multiprocessors) * 8));
}

// Lanes of a warp that share one run of `packets`: a power of two.
inline unsigned lanes_for(uint64_t packets) {
  unsigned lanes = 1;
  while (lanes < kWarp && lanes < packets) lanes *= 2;
  return lanes;
}

}  // namespace neurofs::cuda
