// ShardIndexCache: the shard indexes of one field that were used lately, within a byte budget.
//
// Purpose: a chunk of a known shard is found without I/O. Also remembers shards that do not exist,
// for a while: a writer may be about to make them.
// Thread-safety: every method from any thread; a hit takes a shared lock only. Recency is therefore
// approximated: each entry has a "used" flag, and eviction gives flagged entries a second chance.
// Ownership: indexes are shared with readers, so an evicted one lives as long as it is in use.
// Units: bytes, including kOverhead per entry. An index larger than the budget is not kept.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "core/field/shard_index.h"

namespace neurofs {

// One shard: its level, and its C-order number in the grid of shards of that level.
struct ShardId {
  uint32_t level = 0;
  uint64_t number = 0;
  bool operator==(const ShardId&) const = default;
};

struct ShardIdHash {
  size_t operator()(const ShardId& id) const {
    return (id.number + id.level) * 0x9E3779B97F4A7C15u;
  }
};

// Null: the shard does not exist.
using ShardIndexPtr = std::shared_ptr<const ShardIndex>;

class ShardIndexCache {
 public:
  using Clock = std::chrono::steady_clock;

  ShardIndexCache(uint64_t budget_bytes, std::chrono::milliseconds missing_ttl)
      : budget_(budget_bytes), missing_ttl_(missing_ttl) {}

  // Nothing when the shard is not known (any longer).
  std::optional<ShardIndexPtr> find(const ShardId& id) const;
  // `generation`: what generation() said before the index was read; an index that was read before
  // the last clear() may be an old one and is dropped.
  void insert(const ShardId& id, ShardIndexPtr index, uint64_t generation);
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  void clear();
  uint64_t used_bytes() const;

 private:
  static constexpr uint64_t kOverhead = 256;  // list and map nodes, the index object
  struct Slot {
    Slot(const ShardId& i, ShardIndexPtr p) : id(i), index(std::move(p)), born(Clock::now()) {}
    ShardId id;
    ShardIndexPtr index;
    Clock::time_point born;
    mutable std::atomic<bool> used{false};
    uint64_t bytes() const { return kOverhead + (index ? index->memory_bytes() : 0); }
  };
  using Slots = std::list<Slot>;

  void erase_locked(Slots::iterator slot);
  void evict_locked();

  const uint64_t budget_;
  const std::chrono::milliseconds missing_ttl_;
  mutable std::shared_mutex mutex_;
  Slots slots_;                                                      // guarded; oldest first
  std::unordered_map<ShardId, Slots::iterator, ShardIdHash> by_id_;  // guarded
  uint64_t used_bytes_ = 0;                                          // guarded
  std::atomic<uint64_t> generation_{0};                              // written under the lock
};

}  // namespace neurofs
