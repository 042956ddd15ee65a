// CudaDevice: one NVIDIA GPU through the CUDA runtime.
//
// Purpose, thread-safety, ownership, errors: as Device. Nothing here runs before a caller lists or opens
// devices: the runtime does not survive fork(), so a daemon forks first. The runtime is linked statically
// and finds the driver by itself: a machine without one has an empty list, with the reason.
#pragma once

#include "core/device/cuda/cuda_stream.h"
#include "core/device/device.h"

namespace neurofs::cuda {

DeviceList list_devices();
Result<std::shared_ptr<Device>> open_device(int id);

class CudaDevice : public Device {
 public:
  CudaDevice(DeviceInfo info, std::shared_ptr<CudaShared> shared)
      : info_(std::move(info)), shared_(std::move(shared)) {}

  const DeviceInfo& info() const override { return info_; }
  Result<uint64_t> free_bytes() override;
  bool is_lost() const override { return shared_->health.is_lost(); }
  Result<DeviceMemory> allocate(uint64_t bytes) override;
  Result<std::unique_ptr<DeviceStream>> make_stream() override;
  Result<std::unique_ptr<DeviceEvent>> make_event() override;
  Status pin_host(std::byte* host, uint64_t size) override;
  void unpin_host(std::byte* host) noexcept override;
  Result<DeviceExport> export_memory(const DeviceMemory& memory) override;
  Result<std::string> direct_way() override;
  Result<std::unique_ptr<DirectFile>> open_direct(int fd) override;

 protected:
  void free(DevicePointer address) noexcept override;

 private:
  Status check(const char* call, cudaError_t error) { return shared_->health.check(call, error); }

  const DeviceInfo info_;
  const std::shared_ptr<CudaShared> shared_;
};

}  // namespace neurofs::cuda
