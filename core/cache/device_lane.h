// DeviceLane: one stream with pinned memory on the host's side and scratch memory on the device's.
//
// Purpose: bytes that cross the bus go through a lane's two halves by turns, so that one is filled or
// emptied by the host while the other is on its way. Pinned memory is a small fixed amount whatever the
// budgets are: see core/README.md for why. Thread-safety: DeviceLane: one thread at a time; LanePool:
// all methods. Ownership: a lane owns its stream and memory and waits for the device before it goes.
// Units: bytes. Errors: as Device. A lane whose device is lost fails at once.
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/lazy_array.h"
#include "core/device/device.h"

namespace neurofs {

class DeviceLane {
 public:
  struct Half {
    std::byte* staging = nullptr;
    DevicePointer scratch = 0;
    std::unique_ptr<DeviceEvent> passed;
    bool sent = false;
  };

  static Result<std::unique_ptr<DeviceLane>> make(const std::shared_ptr<Device>& device,
                                                  uint64_t half_bytes);
  ~DeviceLane();
  DeviceLane(const DeviceLane&) = delete;
  DeviceLane& operator=(const DeviceLane&) = delete;

  DeviceStream& stream() { return *stream_; }
  uint64_t half_bytes() const { return half_bytes_; }

  // The half whose turn it is, once everything that was queued with it has passed.
  Result<Half*> next();
  // All that uses the half is queued.
  Status send(Half& half);

 private:
  DeviceLane(std::shared_ptr<Device> device, uint64_t half_bytes);

  const std::shared_ptr<Device> device_;
  const uint64_t half_bytes_;
  LazyArray<std::byte> staging_;
  bool pinned_ = false;
  DeviceMemory scratch_;
  std::array<Half, 2> halves_;
  size_t turn_ = 0;
  std::unique_ptr<DeviceStream> stream_;  // last: ends first, it may use all of the above
};

// Lanes of one device, made when they are first needed.
class LanePool {
 public:
  LanePool(std::shared_ptr<Device> device, uint64_t half_bytes, size_t most)
      : device_(std::move(device)), half_bytes_(half_bytes), most_(most) {}

  class Lease {
   public:
    Lease(LanePool* pool, std::unique_ptr<DeviceLane> lane) : pool_(pool), lane_(std::move(lane)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (lane_ != nullptr) pool_->give_back(std::move(lane_));
    }
    DeviceLane& operator*() const { return *lane_; }
    DeviceLane* operator->() const { return lane_.get(); }

   private:
    LanePool* pool_;
    std::unique_ptr<DeviceLane> lane_;
  };

  // Waits while all are in use: their users wait for the device alone.
  Result<Lease> take();

 private:
  void give_back(std::unique_ptr<DeviceLane> lane);

  const std::shared_ptr<Device> device_;
  const uint64_t half_bytes_;
  const size_t most_;
  std::mutex mutex_;
  std::condition_variable freed_;
  size_t made_ = 0;                                // guarded by mutex_
  std::vector<std::unique_ptr<DeviceLane>> free_;  // guarded by mutex_
};

}  // namespace neurofs
