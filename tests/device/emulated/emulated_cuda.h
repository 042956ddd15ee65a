// CUDA on the CPU, for tests: the kernel files as plain C++, and launch_kernel() as loops.
//
// Purpose: the kernels' arithmetic, index computations and bounds run in every build that has CUDA's
// headers, under the contract suite, also where there is no GPU. Included
// before the kernel files. A block's threads are threads of the host where a kernel has barriers, one
// thread after the other where it has none. What this cannot show: speed, warps, memory ordering.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

// What the kernel files include must see none of the words below: libstdc++ uses some as attributes.
#include "core/device/cuda/launch.h"
#include "core/lens/element_program.h"

// The runtime's headers have their own meaning of these for compilers that are not CUDA's.
#undef __global__
#undef __device__
#undef __host__
#undef __shared__
#undef __noinline__
#undef __forceinline__
#undef __launch_bounds__
#undef __grid_constant__
#define __global__
#define __device__
#define __host__
#define __shared__ static  // one block at a time
#define __noinline__ __attribute__((noinline, unused))
#define __launch_bounds__(threads)
#define __grid_constant__

namespace neurofs::cuda {

struct EmulatedThread {
  dim3 thread_index{0, 0, 0};
  dim3 block_index{0, 0, 0};
  dim3 block_size{1, 1, 1};
  dim3 grid_size{1, 1, 1};
  std::barrier<>* barrier = nullptr;
};
inline thread_local EmulatedThread emulated;

}  // namespace neurofs::cuda

#define threadIdx (::neurofs::cuda::emulated.thread_index)
#define blockIdx (::neurofs::cuda::emulated.block_index)
#define blockDim (::neurofs::cuda::emulated.block_size)
#define gridDim (::neurofs::cuda::emulated.grid_size)

inline void __syncthreads() {
  if (neurofs::cuda::emulated.barrier != nullptr) {
    neurofs::cuda::emulated.barrier->arrive_and_wait();
  }
}

template <typename Integer>
Integer atomicAdd(Integer* to, Integer value) {
  return std::atomic_ref<Integer>(*to).fetch_add(value);
}

namespace neurofs::cuda {

inline std::mutex emulate_one_at_a_time;  // a block's shared memory is a static

template <typename Body>
void emulate_thread(const EmulatedThread& block, unsigned t, std::barrier<>* barrier,
                    const Body& body) {
  emulated = block;
  emulated.thread_index = dim3(t % block.block_size.x, t / block.block_size.x, 0);
  emulated.barrier = barrier;
  body();
}

template <typename Body>
void emulate_team(const EmulatedThread& block, unsigned threads, const Body& body) {
  std::barrier<> barrier(static_cast<std::ptrdiff_t>(threads));
  std::vector<std::jthread> team;
  team.reserve(threads);
  for (unsigned t = 0; t < threads; ++t) {
    team.emplace_back([&, t] { emulate_thread(block, t, &barrier, body); });
  }
}

template <typename Kernel, typename... Arguments>
cudaError_t emulate(bool team, Kernel kernel, dim3 grid, dim3 block,
                    const Arguments&... arguments) {
  const std::lock_guard lock(emulate_one_at_a_time);
  EmulatedThread shape;
  shape.block_size = block;
  shape.grid_size = grid;
  const unsigned threads = block.x * block.y;
  for (unsigned b = 0; b < grid.x; ++b) {
    shape.block_index = dim3(b, 0, 0);
    const auto body = [&] { kernel(arguments...); };
    if (team) emulate_team(shape, threads, body);
    for (unsigned t = 0; !team && t < threads; ++t) emulate_thread(shape, t, nullptr, body);
  }
  return cudaSuccess;
}

template <typename... Parameters>
cudaError_t launch_kernel(void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t,
                          const std::type_identity_t<Parameters>&... arguments) {
  return emulate(false, kernel, grid, block, arguments...);
}

template <typename... Parameters>
cudaError_t launch_team_kernel(void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t,
                               const std::type_identity_t<Parameters>&... arguments) {
  return emulate(true, kernel, grid, block, arguments...);
}

}  // namespace neurofs::cuda
