// Reading into GPU memory: what TieredMemory's device calls take and give.
//
// Purpose: rows or regions of a field gathered on a GPU into the caller's device memory, or into memory
// of their own that another process may map. Blocks that the GPU tier holds are gathered in place; the
// others are fetched below in batches (RAM, then the store) and copied while those are gathered.
// Results are the bytes that the CPU path gives, but for lens functions (see core/lens/lens.h).
// Thread-safety: plain values; DeviceBatch: one thread at a time. Units: bytes. Errors: kUnsupported
// where no GPU can be used (the message says why; batch_get() works), kNoMemory where device memory is
// short, kIoError when the GPU failed on the way: the destination's contents are then undefined.
#pragma once

#include <memory>

#include "core/device/device.h"
#include "core/geometry/data_type.h"

namespace neurofs {

// Device memory of the caller: of Engine::gpu(), or any other that belongs to this process's context of
// that GPU (cudaMalloc). It must live until the read is done.
struct DeviceBuffer {
  DevicePointer address = 0;
  uint64_t size = 0;
  int gpu = -1;  // the device's id; negative: the engine's first
};

// A read into device memory that is under way: everything is queued, nothing waits for the host any
// more. Destruction waits for the device.
class DeviceBatch {
 public:
  class Impl;
  DeviceBatch();
  explicit DeviceBatch(std::unique_ptr<Impl> impl);
  DeviceBatch(DeviceBatch&&) noexcept;
  DeviceBatch& operator=(DeviceBatch&&) noexcept;
  ~DeviceBatch();

  Result<bool> done();
  Status wait();

 private:
  std::unique_ptr<Impl> impl_;
};

// Device memory that holds a region's elements in C order, apart from everything else on the GPU.
struct DeviceTensor {
  DeviceExport handle;        // for another process, which maps it and may write to it
  DevicePointer address = 0;  // for this process
  int gpu = 0;
  uint64_t size = 0;                    // bytes of the elements; the memory itself may be longer
  Dims shape;                           // the region's result shape
  DataType dtype = DataType::kFloat32;  // after the lens
};

// Keeps a DeviceTensor's memory. Movable; frees it on destruction, after which a process that still maps
// it has lost it. It counts against the part of the GPU budget that is set aside for such memory.
class DeviceLease {
 public:
  class Impl;
  DeviceLease();
  explicit DeviceLease(std::unique_ptr<Impl> impl);
  DeviceLease(DeviceLease&&) noexcept;
  DeviceLease& operator=(DeviceLease&&) noexcept;
  ~DeviceLease();
  explicit operator bool() const { return impl_ != nullptr; }
  const DeviceTensor& tensor() const;
  void release();

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace neurofs
