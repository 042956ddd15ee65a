// DeviceBatch::Impl: what a read into device memory holds until the device has passed it.
//
// Purpose: internal to core/engine. Thread-safety: one thread at a time. Ownership: keeps the field (and
// by it the tier) alive. Errors: go to the tier, which turns itself off, and to who waits.
#pragma once

#include <vector>

#include "core/engine/device_reads.h"
#include "core/engine/field_state.h"

namespace neurofs {

class DeviceBatch::Impl {
 public:
  Impl(std::shared_ptr<FieldState> field, DeviceTier& tier, DeviceTier::Gpu& gpu);
  ~Impl() { static_cast<void>(wait()); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // What is queued on the stream up to here.
  Status record(DeviceStream& stream);
  Result<bool> done();
  Status wait();
  // The copies have passed: the blocks that came whole are found from here on. Or they failed.
  void settle(bool passed);

  struct Upload {
    BlockKey key;
    DeviceShare::Slot slot;
    bool whole = false;  // all of its copies are queued
  };
  DeviceShare::Use use;
  std::vector<Upload> uploads;  // on their way into slots of the tier
  DeviceMemory memory;          // for a block that has no room there nor in a half

 private:
  const std::shared_ptr<FieldState> field_;
  DeviceTier& tier_;
  DeviceTier::Gpu& gpu_;
  std::unique_ptr<DeviceEvent> event_;
  bool recorded_ = false;
};

}  // namespace neurofs
