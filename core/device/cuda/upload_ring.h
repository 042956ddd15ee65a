// UploadRing: pinned host memory by which arrays of arguments reach the GPU.
//
// Purpose: row addresses and box tables must outlive the call that queues a kernel. A slot is written by
// the host, read by the GPU (in place for rows, after a copy into device memory for boxes), and used
// again once the stream has passed it. Thread-safety: none; one stream owns it. Ownership: owns its
// memory; the stream is idle when it is destroyed. Units: bytes.
// Errors: kNoMemory when the system gives no pinned memory. take() waits when all slots are in use.
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <cstddef>

#include "core/device/cuda/cuda_error.h"

namespace neurofs::cuda {

class UploadRing {
 public:
  static constexpr uint64_t kSlotBytes = 2u << 20;  // no single take() is larger

  UploadRing() = default;
  UploadRing(const UploadRing&) = delete;
  UploadRing& operator=(const UploadRing&) = delete;
  ~UploadRing();

  // At least `bytes` of memory that the GPU can read where it is.
  Result<std::byte*> take(uint64_t bytes, CudaHealth& health);
  // The last slot that was taken is free again when `stream` comes to this point.
  Status release(cudaStream_t stream, CudaHealth& health);

 private:
  struct Slot {
    std::byte* data = nullptr;
    uint64_t size = 0;
    cudaEvent_t passed = nullptr;
    bool in_use = false;
  };
  static Status grow(Slot& slot, uint64_t bytes, CudaHealth& health);

  std::array<Slot, 4> slots_;
  size_t next_ = 0;
  size_t taken_ = 0;
};

}  // namespace neurofs::cuda
