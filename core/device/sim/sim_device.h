// SimDevice: a GPU simulated on ordinary memory.
//
// Purpose: the tier above runs, is tested and can be mounted where there is no GPU; see sim_control.h
// for what a test decides and sim_kernels.h for the arithmetic. Thread-safety, ownership, errors: as
// Device. Pinned host memory is only written down, so that a range pinned twice or never unpinned shows.
#pragma once

#include <map>

#include "core/device/device.h"
#include "core/device/sim/sim_heap.h"
#include "core/device/sim/sim_state.h"

namespace neurofs {

class SimDevice : public Device {
 public:
  SimDevice(int id, std::shared_ptr<SimState> state);

  const DeviceInfo& info() const override { return info_; }
  Result<uint64_t> free_bytes() override;
  bool is_lost() const override { return !state_->lost().ok(); }
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
  struct Pin {
    uint64_t size;
    std::shared_ptr<Device> device;  // a registration keeps the device alive
  };

  const DeviceInfo info_;
  const std::shared_ptr<SimState> state_;
  const std::shared_ptr<SimHeap> heap_;
  std::mutex pins_mutex_;
  std::map<std::byte*, Pin> pins_;
};

}  // namespace neurofs
