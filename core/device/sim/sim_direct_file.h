// SimDirectFile: a file read into the memory of a simulated GPU.
//
// Purpose: what a driver does by DMA, done by pread(2), with the faults and the counts of SimControl.
// A descriptor of its own, of the same open file and without O_DIRECT, so that no alignment is needed.
// Thread-safety, ownership, units, errors: as DirectFile; a read is an operation of the device.
#pragma once

#include "core/device/device.h"
#include "core/device/sim/sim_heap.h"
#include "core/device/sim/sim_state.h"

namespace neurofs {

class SimDirectFile : public DirectFile {
 public:
  static Result<std::unique_ptr<DirectFile>> open(std::shared_ptr<Device> device,
                                                  std::shared_ptr<SimState> state,
                                                  std::shared_ptr<SimHeap> heap, int fd);
  ~SimDirectFile() override;
  SimDirectFile(const SimDirectFile&) = delete;
  SimDirectFile& operator=(const SimDirectFile&) = delete;

  Status read(DevicePointer to, uint64_t offset, uint64_t size) override;

 private:
  SimDirectFile(std::shared_ptr<Device> device, std::shared_ptr<SimState> state,
                std::shared_ptr<SimHeap> heap, int fd);

  const std::shared_ptr<Device> device_;
  const std::shared_ptr<SimState> state_;
  const std::shared_ptr<SimHeap> heap_;
  const int fd_;
};

}  // namespace neurofs
