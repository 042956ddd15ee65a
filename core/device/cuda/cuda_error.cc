#include "core/device/cuda/cuda_error.h"

#include <string>

namespace neurofs::cuda {

std::string describe(const char* call, cudaError_t error) {
  return std::string(call) + ": " + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) +
         ")";
}

void* driver_function(const char* name) {
  void* found = nullptr;
  cudaDriverEntryPointQueryResult outcome{};
#if CUDART_VERSION >= 12050
  const cudaError_t error =
      cudaGetDriverEntryPointByVersion(name, &found, 12000, cudaEnableDefault, &outcome);
#else
  const cudaError_t error = cudaGetDriverEntryPoint(name, &found, cudaEnableDefault, &outcome);
#endif
  if (error == cudaSuccess) return found;
  (void)cudaGetLastError();
  return nullptr;
}

namespace {

// The device that this thread works with, -1 where it has no context: cudaGetDevice says 0 then.
int current_device() {
  using GetContext = int (*)(void** context);
  static const auto get_context = reinterpret_cast<GetContext>(driver_function("cuCtxGetCurrent"));
  void* context = nullptr;
  if (get_context == nullptr || get_context(&context) != 0 || context == nullptr) return -1;
  int device = -1;
  if (cudaGetDevice(&device) == cudaSuccess) return device;
  (void)cudaGetLastError();
  return -1;
}

}  // namespace

CudaEntry::CudaEntry(CudaHealth& health)
    : device_(health.device()), before_(current_device()), status_(health.enter()) {}

CudaEntry::~CudaEntry() {
  if (before_ < 0 || before_ == device_) return;
  if (cudaSetDevice(before_) != cudaSuccess) (void)cudaGetLastError();
}

Status CudaHealth::enter() {
  const cudaError_t error = cudaSetDevice(device_);
  if (!is_lost()) return check("cudaSetDevice", error);
  (void)cudaGetLastError();
  return lost_status();
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
