#include "core/device/cuda/cuda_error.h"

#include <string>

namespace neurofs::cuda {

std::string describe(const char* call, cudaError_t error) {
  return std::string(call) + ": " + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) +
         ")";
}

Status CudaHealth::enter() {
  if (is_lost()) return lost_status();
  return check("cudaSetDevice", cudaSetDevice(device_));
}

Status CudaHealth::check(const char* call, cudaError_t error) {
  if (error == cudaSuccess) return {};
  // The runtime repeats an error at the next call that asks for it, unless it is taken.
  (void)cudaGetLastError();
  const std::string what = "GPU " + std::to_string(device_) + ": " + describe(call, error);
  if (error == cudaErrorMemoryAllocation) return no_memory(what);
  const std::lock_guard lock(mutex_);
  if (status_.ok()) status_ = io_error(what);
  lost_.store(true, std::memory_order_release);
  return status_;
}

Status CudaHealth::lost_status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace neurofs::cuda
