#include "core/device/cuda/upload_ring.h"

#include <algorithm>
#include <bit>
#include <string>

namespace neurofs::cuda {
namespace {

constexpr uint64_t kLeastSlot = 64u << 10;

}  // namespace

UploadRing::~UploadRing() {
  for (Slot& slot : slots_) {
    if (slot.passed != nullptr) (void)cudaEventDestroy(slot.passed);
    if (slot.data != nullptr) (void)cudaFreeHost(slot.data);
  }
}

Status UploadRing::grow(Slot& slot, uint64_t bytes, CudaHealth& health) {
  if (slot.size >= bytes) return {};
  if (slot.data != nullptr) (void)cudaFreeHost(slot.data);
  slot.data = nullptr;
  slot.size = 0;
  void* data = nullptr;
  const uint64_t size = std::bit_ceil(std::max(bytes, kLeastSlot));
  NF_TRY(health.check("cudaHostAlloc", cudaHostAlloc(&data, size, cudaHostAllocPortable)));
  slot.data = static_cast<std::byte*>(data);
  slot.size = size;
  return {};
}

Result<std::byte*> UploadRing::take(uint64_t bytes, CudaHealth& health) {
  if (bytes > kSlotBytes) return internal_error("upload of " + std::to_string(bytes) + " bytes");
  Slot& slot = slots_[next_];
  if (slot.passed == nullptr) {
    NF_TRY(health.check("cudaEventCreate",
                        cudaEventCreateWithFlags(&slot.passed, cudaEventDisableTiming)));
  }
  if (slot.in_use) NF_TRY(health.check("cudaEventSynchronize", cudaEventSynchronize(slot.passed)));
  slot.in_use = false;
  NF_TRY(grow(slot, bytes, health));
  taken_ = next_;
  next_ = (next_ + 1) % slots_.size();
  return slot.data;
}

Status UploadRing::release(cudaStream_t stream, CudaHealth& health) {
  Slot& slot = slots_[taken_];
  slot.in_use = true;
  return health.check("cudaEventRecord", cudaEventRecord(slot.passed, stream));
}

}  // namespace neurofs::cuda
