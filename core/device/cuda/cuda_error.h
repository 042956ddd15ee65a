// What an error of the CUDA runtime means for us, and whether the device survives it.
//
// Purpose: one place that turns cudaError_t into Status, so that a full memory is kNoMemory and leaves
// the device usable, and everything else is a loss. CudaHealth is the lost flag of one open device, which
// it shares with its streams. Thread-safety: every method from any thread. Units, ownership: none.
#pragma once

#include <cuda_runtime_api.h>

#include <atomic>
#include <mutex>

#include "core/base/result.h"

namespace neurofs::cuda {

// "cudaMemcpyAsync: an illegal memory access was encountered (cudaErrorIllegalAddress)"
std::string describe(const char* call, cudaError_t error);

class CudaHealth {
 public:
  explicit CudaHealth(int device) : device_(device) {}

  // Makes the device current for this thread; not ok when it is lost. Every entry begins with it.
  Status enter();
  // Current as well when it is lost: what is under way may go on, and memory is given back.
  void select() noexcept { (void)cudaSetDevice(device_); }
  // The outcome of `call`. kNoMemory is forgotten by the runtime; any other error is a loss.
  Status check(const char* call, cudaError_t error);
  bool is_lost() const { return lost_.load(std::memory_order_acquire); }

 private:
  Status lost_status() const;

  const int device_;
  std::atomic<bool> lost_{false};
  mutable std::mutex mutex_;
  Status status_;  // why, once lost_ is set
};

}  // namespace neurofs::cuda
