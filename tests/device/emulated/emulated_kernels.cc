// The kernels as plain C++ (emulated_cuda.h).
#include "tests/device/emulated/emulated_cuda.h"
// Kept apart: the kernels below see CUDA as the header above means it.
#include "core/device/cuda/lens_kernels.cu"
#include "core/device/cuda/plain_kernels.cu"
