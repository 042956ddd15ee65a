// DeviceFiller: copies blocks from RAM into one device's memory, on a thread of its own.
//
// Purpose: promotion of what is read again and victims of the RAM tier, so that no read waits for
// either. What it cannot take at once it drops: both are wishes.
//
//   take a wish: hold its block in RAM (a victim comes held); take a slot; copy into the lane's half;
//   let go of the block; queue the copy; publish when the half has passed
//
// Thread-safety: every method from any thread. Ownership: borrows share and cache, which must outlive
// it. The destructor drops what is queued. Units: bytes. Errors: memory that is short skips a block;
// anything else of the device goes to `failed` once, and then nothing is accepted any more.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/metrics.h"
#include "core/cache/block_cache.h"
#include "core/cache/device_lane.h"
#include "core/cache/device_share.h"
#include "core/cache/fixed_ring.h"

namespace neurofs {

class DeviceFiller {
 public:
  struct Options {
    DeviceShare* share = nullptr;
    BlockCache* cache = nullptr;
    uint64_t half_bytes = 0;
    uint64_t victim_bytes = 0;  // RAM that victims on their way may still hold
    Counter* promotions = nullptr;
    std::function<void(const Status&)> failed;
  };
  // Throws std::bad_alloc, or std::system_error where there can be no more threads.
  explicit DeviceFiller(Options options);
  ~DeviceFiller();
  DeviceFiller(const DeviceFiller&) = delete;
  DeviceFiller& operator=(const DeviceFiller&) = delete;

  // False: too many wishes already. Neither this nor take() throws: the cache's lock is held.
  bool promote(const BlockKey& key);
  // A victim of this size may be given to take(); true stays true until then for who gives alone.
  bool has_room(uint64_t size) const;
  void take(HeldBlock victim);

  // Until nothing is queued or on its way. For tests and measurements.
  void drain();

 private:
  struct Filling {
    BlockKey key;
    DeviceShare::Slot slot;
    const DeviceLane::Half* half;
  };
  void run();
  void let_go();
  bool next_wish(HeldBlock* wish);
  Status fill(HeldBlock block);
  Status copy(const HeldBlock& block, const DeviceShare::Slot& slot);
  Status advance();
  Status flush();
  void settle(const DeviceLane::Half* half, bool passed);
  template <typename Work>
  static Status guarded(const Work& work);
  void stop(const Status& status);

  const Options options_;
  // Of the thread alone.
  std::unique_ptr<DeviceLane> lane_;
  DeviceLane::Half* half_ = nullptr;
  uint64_t used_ = 0;  // bytes of half_
  std::vector<Filling> fillings_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  FixedRing<BlockKey> wishes_;  // all below guarded by mutex_
  FixedRing<HeldBlock> victims_;
  uint64_t victim_bytes_ = 0;
  bool busy_ = false;
  bool off_ = false;  // the device has failed: what comes is let go of
  bool closed_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace neurofs
