// CudaStream, CudaEvent: the runtime's, behind the device's interface.
//
// Purpose: checks arguments, prepares them (addresses into pinned memory, boxes merged) and queues the
// kernels of launch.h. Thread-safety, errors: as DeviceStream. Ownership: the device is kept alive; a
// stream is waited for before its upload memory and its scratch go.
#pragma once

#include "core/device/cuda/box_table.h"
#include "core/device/cuda/cuda_error.h"
#include "core/device/cuda/launch.h"
#include "core/device/cuda/upload_ring.h"
#include "core/device/device.h"

namespace neurofs::cuda {

// What a stream needs of its device.
struct CudaShared {
  explicit CudaShared(int id) : health(id) {}
  CudaHealth health;
  int multiprocessors = 1;
};

class CudaEvent : public DeviceEvent {
 public:
  CudaEvent(std::shared_ptr<Device> device, std::shared_ptr<CudaShared> shared, cudaEvent_t event)
      : device_(std::move(device)), shared_(std::move(shared)), event_(event) {}
  ~CudaEvent() override { (void)cudaEventDestroy(event_); }
  Result<bool> done() override;
  Status wait() override;
  cudaEvent_t get() const { return event_; }

 private:
  std::shared_ptr<Device> device_;
  std::shared_ptr<CudaShared> shared_;
  const cudaEvent_t event_;
};

class CudaStream : public DeviceStream {
 public:
  CudaStream(std::shared_ptr<Device> device, std::shared_ptr<CudaShared> shared,
             cudaStream_t stream)
      : device_(std::move(device)), shared_(std::move(shared)), stream_(stream) {}
  ~CudaStream() override;

  Status copy_to_device(DevicePointer to, const std::byte* host, uint64_t size) override;
  Status copy_to_host(std::byte* host, DevicePointer from, uint64_t size) override;
  Status copy_within(DevicePointer to, DevicePointer from, uint64_t size) override;
  Status gather(const GatherRows& rows) override;
  Status gather(const GatherBoxes& boxes) override;
  Status reduce(const ReduceRows& rows) override;
  Status decode(const DecodeBlock& block) override;
  Status record(DeviceEvent& event) override;
  Status wait_for(DeviceEvent& event) override;
  Status wait() override;

 private:
  // Rows that go with one launch.
  struct Piece {
    RowList rows;
    uint64_t bits = 0;
    bool listed = false;  // uses the ring's slot
  };
  Result<Piece> upload(std::span<const DevicePointer> rows);
  Status gather_piece(const GatherRows& rows, std::span<const DevicePointer> piece, uint64_t out);
  Status gather_table(const BoxTable& table);
  Status reduce_piece(const ReduceRows& rows, std::span<const DevicePointer> piece, bool go_on);
  Status begin_counts(const ReduceRows& rows);
  // Device memory that kernels of this stream use one after the other; grows, never shrinks.
  Status need_scratch(uint64_t bytes);
  Status copy(void* to, const void* from, uint64_t size, cudaMemcpyKind kind);
  Status check(const char* call, cudaError_t error) { return shared_->health.check(call, error); }

  std::shared_ptr<Device> device_;
  std::shared_ptr<CudaShared> shared_;
  const cudaStream_t stream_;
  UploadRing ring_;
  DeviceMemory scratch_;
};

}  // namespace neurofs::cuda
