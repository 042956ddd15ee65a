#include "core/field/shard_index_cache.h"

#include <mutex>

namespace neurofs {

std::optional<ShardIndexPtr> ShardIndexCache::find(const ShardId& id) const {
  const std::shared_lock lock(mutex_);
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return std::nullopt;
  const Slot& slot = *it->second;
  if (!slot.index && Clock::now() - slot.born >= missing_ttl_) return std::nullopt;
  // A plain read first: writing would take the cache line away from other readers each time.
  if (!slot.used.load(std::memory_order_relaxed)) slot.used.store(true, std::memory_order_relaxed);
  return slot.index;
}

void ShardIndexCache::insert(const ShardId& id, ShardIndexPtr index, uint64_t generation) {
  const std::unique_lock lock(mutex_);
  if (generation != generation_.load(std::memory_order_relaxed)) return;
  const auto known = by_id_.find(id);
  if (known != by_id_.end()) erase_locked(known->second);
  slots_.emplace_back(id, std::move(index));
  const auto slot = std::prev(slots_.end());
  const uint64_t bytes = slot->bytes();
  if (bytes > budget_) {
    slots_.pop_back();
    return;
  }
  by_id_.emplace(id, slot);
  used_bytes_ += bytes;
  evict_locked();
}

void ShardIndexCache::clear() {
  const std::unique_lock lock(mutex_);
  generation_.fetch_add(1, std::memory_order_release);
  by_id_.clear();
  slots_.clear();
  used_bytes_ = 0;
}

uint64_t ShardIndexCache::used_bytes() const {
  const std::shared_lock lock(mutex_);
  return used_bytes_;
}

void ShardIndexCache::erase_locked(Slots::iterator slot) {
  used_bytes_ -= slot->bytes();
  by_id_.erase(slot->id);
  slots_.erase(slot);
}

void ShardIndexCache::evict_locked() {
  while (used_bytes_ > budget_) {
    const auto oldest = slots_.begin();
    if (oldest->used.exchange(false, std::memory_order_relaxed)) {
      slots_.splice(slots_.end(), slots_, oldest);
    } else {
      erase_locked(oldest);
    }
  }
}

}  // namespace neurofs
