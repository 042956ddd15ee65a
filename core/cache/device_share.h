// DeviceShare: the blocks that one device's memory holds: index, eviction order, slots.
//
// Purpose: the bookkeeping of the GPU tier. Nothing here waits for a device or copies: a slot is taken,
// filled by who took it, and published once the copy has passed.
//
//   Use use = share.begin_use();                    what is found from here on stays in place ...
//   share.find(keys, addresses, use);
//   stream.gather(...); stream.wait();
//   use ends                                        ... until here
//
// A Use is one entry in an ordered set however many blocks are looked at, so a batch of a thousand rows
// takes one lock and no count per block. Slots that are evicted meanwhile are reused only after every
// Use that began before has ended.
// Thread-safety: every method from any thread; one short lock. Ownership: owns the device memory; a Use
// borrows the share and must end after the device has passed what it protects. Units: bytes.
// Errors: open() as Device::allocate; take_slot() gives nullopt where there is no room now.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/base/lazy_array.h"
#include "core/base/metrics.h"
#include "core/base/result.h"
#include "core/cache/block_key.h"
#include "core/cache/device_arena.h"
#include "core/cache/eviction_policy.h"
#include "core/device/device.h"

namespace neurofs {

class DeviceShare {
 public:
  using Slot = DeviceArena::Slot;

  class Use {
   public:
    Use() = default;
    Use(Use&& other) noexcept { *this = std::move(other); }
    Use& operator=(Use&& other) noexcept;
    ~Use() { end(); }
    explicit operator bool() const { return share_ != nullptr; }
    void end();

   private:
    friend class DeviceShare;
    Use(DeviceShare* share, uint64_t ticket) : share_(share), ticket_(ticket) {}
    DeviceShare* share_ = nullptr;
    uint64_t ticket_ = 0;
  };

  // `bytes` of 0 make a share that never holds a block.
  static Result<std::unique_ptr<DeviceShare>> open(std::shared_ptr<Device> device, uint64_t bytes,
                                                   const std::string& policy, Counter& evictions);

  Use begin_use();
  // addresses[i]: where the block's bytes begin, 0 when it is not here. Returns how many are.
  size_t find(std::span<const BlockKey> keys, std::span<DevicePointer> addresses, const Use& use);
  bool contains(const BlockKey& key) const;

  // A slot to be filled, evicting what it must; then either publish() or give_back(). Published blocks
  // are found; where the key is here already the slot is freed instead.
  std::optional<Slot> take_slot(uint64_t bytes);
  void publish(const BlockKey& key, const Slot& slot);
  void give_back(const Slot& slot);
  DevicePointer address(const Slot& slot) const { return memory_.address() + slot.offset; }

  void drop(std::span<const FieldId> fields);  // ascending
  void drop_all();
  // The field's blocks that are here, ascending.
  std::vector<uint64_t> list(FieldId field) const;

  const std::shared_ptr<Device>& device() const { return device_; }
  uint64_t used() const;
  uint64_t capacity() const { return memory_.size(); }

 private:
  struct Entry {
    BlockKey key;
    Slot slot;
    uint32_t next;  // bucket chain: entry + 1, 0 at the end
    uint32_t last_touched;
    bool live;
  };
  struct Retired {
    uint64_t ticket;
    Slot slot;
  };

  DeviceShare(std::shared_ptr<Device> device, DeviceMemory memory, uint32_t capacity,
              std::unique_ptr<EvictionPolicy> policy, Counter& evictions);

  void end_use(uint64_t ticket);
  size_t find_some(std::span<const BlockKey> keys, std::span<DevicePointer> addresses);
  // These hold mutex_.
  EntryId find_locked(const BlockKey& key) const;
  void unlink_locked(EntryId id);
  void evict_locked(EntryId id);
  void evict_slab_locked(EntryId id);
  void reclaim_locked();
  template <typename Predicate>
  void drop_if(const Predicate& predicate);

  const std::shared_ptr<Device> device_;
  const DeviceMemory memory_;
  const uint32_t capacity_;  // entries
  uint64_t bucket_mask_ = 0;
  Counter& evictions_;

  mutable std::mutex mutex_;
  DeviceArena arena_;  // all below guarded by mutex_
  std::unique_ptr<EvictionPolicy> policy_;
  LazyArray<uint32_t> buckets_;  // entry + 1
  LazyArray<Entry> entries_;
  std::vector<EntryId> free_entries_;
  uint32_t fresh_entries_ = 0;  // never used from here on
  uint32_t live_entries_ = 0;
  uint32_t clock_ = 0;  // publications so far
  uint64_t next_ticket_ = 1;
  std::set<uint64_t> uses_;
  std::deque<Retired> retired_;  // oldest first
  uint64_t retired_bytes_ = 0;
};

}  // namespace neurofs
