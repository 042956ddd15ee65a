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

// A function of the driver by its name, null where it has none.
void* driver_function(const char* name);

class CudaHealth {
 public:
  explicit CudaHealth(int device) : device_(device) {}

  int device() const { return device_; }
  // Makes the device current for this thread; not ok when it is lost, but current as well: what is under
  // way may go on, and memory is given back.
  Status enter();
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

// Every call from outside begins with one: the device is this thread's until it ends, then the caller's
// own device is so again. Where the thread has no context yet there is nothing to go back to, and
// choosing device 0 would make a context there.
class CudaEntry {
 public:
  explicit CudaEntry(CudaHealth& health);
  ~CudaEntry();
  CudaEntry(const CudaEntry&) = delete;
  CudaEntry& operator=(const CudaEntry&) = delete;
  const Status& status() const { return status_; }

 private:
  const int device_;
  const int before_;  // -1: none
  const Status status_;
};

}  // namespace neurofs::cuda
