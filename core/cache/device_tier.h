// DeviceTier: GPU memory as the first tier, over one or several devices.
//
// Purpose: blocks in the devices' memory under one budget, spread by key. They come by promotion (what is
// read again from RAM, or on request), as victims of RAM, and by reads into device memory; they leave by
// an eviction order of their own, and are then dropped. A block here may be in RAM as well.
// Thread-safety: every method from any thread. Ownership: owns the devices' memory, streams and
// threads; borrows the RAM cache, which must outlive it. Units: bytes.
// Errors: open() never fails: without a device, or without room, the tier is off and says why. So is it
// for good, after one line in the log, when a device fails with anything but kNoMemory; what was being
// read from it is then read below.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/cache/block_cache.h"
#include "core/cache/block_listener.h"
#include "core/cache/device_filler.h"
#include "core/cache/device_lane.h"
#include "core/cache/device_share.h"

namespace neurofs {

class DeviceTier final : public BlockListener {
 public:
  struct Options {
    std::string kind = "auto";  // DeviceRegistry plugin; auto: "cuda" where it lists a device
    std::vector<int> ids;       // empty: the first one
    uint64_t bytes = 0;    // over all devices; 0: no block is kept, reads into device memory work
    bool victims = false;  // take what RAM evicts
    std::string policy = "lru";
    Metrics* metrics = nullptr;  // required; must outlive the tier
    BlockCache* cache = nullptr;
  };

  // One device and what the tier has there.
  struct Gpu {
    std::shared_ptr<Device> device;
    std::unique_ptr<DeviceShare> share;
    std::unique_ptr<LanePool> readers;  // towards RAM; their users wait for the device alone
    std::unique_ptr<LanePool>
        gatherers;  // into device memory; their users may load blocks meanwhile
    std::unique_ptr<Reservations> exports;  // the part of the budget that is given to others
    std::unique_ptr<DeviceFiller> filler;   // null without a budget; last: ends first
  };

  static std::unique_ptr<DeviceTier> open(const Options& options);
  ~DeviceTier() override;

  // Ok, or why the tier is off.
  Status state() const;
  bool is_on() const { return !off_.load(std::memory_order_acquire); }
  bool keeps_blocks() const { return is_on() && options_.bytes > 0; }
  const std::vector<std::unique_ptr<Gpu>>& gpus() const { return gpus_; }
  // The device of that id; null when the tier has none.
  Gpu* find(int id) const;
  uint64_t used() const;
  uint64_t budget() const { return granted_; }

  // Sets kData for the loads whose blocks are here, then calls `below` for the others, in their order.
  // What a device failed to give goes below as well. No device is waited for during `below`.
  void load(std::span<BlockLoad> loads, const LoadBlocks& below);

  bool contains(const BlockKey& key) const;
  // Asks for blocks that are in RAM to be copied here; how many wishes were taken.
  size_t promote(std::span<const BlockKey> keys);
  void drain();  // until all that was asked for has come; for tests and measurements
  void drop(std::span<const FieldId> fields);  // ascending
  void drop_all();

  // What a device said: turns the tier off, unless it was fine, short of memory or refused arguments.
  void note(const Status& status);
  void count_hits(uint64_t hits, uint64_t misses);
  void count_promotions(uint64_t blocks) { promotions_.add(blocks); }

  void used_again(const BlockKey& key) override;
  bool wants_victim(const BlockKey& key, uint64_t size) override;
  void take_victim(HeldBlock held) override;

 private:
  explicit DeviceTier(const Options& options);
  void add_gauges();
  Status open_gpus();
  Status open_gpu(const std::shared_ptr<Device>& device, uint64_t asked);
  bool turn_off(const Status& why);  // false when it was off already
  Gpu& home(const BlockKey& key) const { return *gpus_[(hash_of(key) >> 32) % gpus_.size()]; }

  const Options options_;
  Counter& hits_;
  Counter& misses_;
  Counter& promotions_;
  Counter& evictions_;
  Counter& errors_;
  uint64_t granted_ = 0;
  std::atomic<bool> off_{false};
  mutable std::mutex why_mutex_;
  Status why_;                              // guarded by why_mutex_
  std::vector<std::unique_ptr<Gpu>> gpus_;  // constant after open()
};

// The devices that a kind names, and the name that "auto" stands for; `why` when there are none.
struct NamedDevices {
  std::string kind;
  DeviceList list;
};
NamedDevices devices_of_kind(const std::string& kind);

}  // namespace neurofs
