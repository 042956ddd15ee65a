// The eviction half of BlockCache: slots, victims, reclaiming, dropping.

#include <algorithm>
#include <thread>
#include <utility>

#include "core/cache/block_cache.h"
#include "core/cache/epoch.h"

namespace neurofs {

Result<EntryId> BlockCache::take_slot(uint64_t bytes, std::chrono::milliseconds patience,
                                      size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  bool has_asked = false;
  std::unique_lock lock(policy_mutex_);
  for (;;) {
    reclaim_locked();
    if (free_count_ > 0 || fresh_entries_ < capacity_) {
      NF_ASSIGN(const Arena::Slot slot, arena_.allocate(bytes));
      if (slot.data != nullptr) {
        const EntryId id = free_count_ > 0 ? free_entries_[--free_count_] : fresh_entries_++;
        entries_[id].data = slot.data;
        entries_[id].slot_size = slot.size;
        return id;
      }
    }
    // Not more than is needed: a reader that lost its CPU under a guard would empty the cache. All that is needed
    // soon, though, or each slot would wait for the guards of readers anew.
    const uint64_t slot = slot_size_for(bytes);
    const bool enough = retired_bytes_ >= std::max(slot, std::min(count * slot, budget() / 64));
    if (!enough && evict_one_locked() == Eviction::kDone) continue;
    if (retired_count_ > 0) {
      // A reader still looks at retired memory; guards are short, so let it run.
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
      continue;
    }
    if (std::chrono::steady_clock::now() >= deadline) return kNoEntry;
    const ScopeEnd end = scope_end();
    if (end != ScopeEnd::kNone) return scope_status(end, "memory that live handles pin");
    lock.unlock();
    shortage_();
    lock.lock();
    // What it returned was told of before there was anybody to hear.
    if (!std::exchange(has_asked, true)) continue;
    // In short waits: only what was chosen as a victim says when its last pin goes, and a block that
    // was published meanwhile has not been.
    slot_freed_.wait_until(
        lock, std::min(deadline, std::chrono::steady_clock::now() + std::chrono::milliseconds(5)));
  }
}

BlockCache::Eviction BlockCache::evict_one_locked() {
  hear_notes_locked();
  for (;;) {
    const EntryId id = policy_->victim();
    if (id == kNoEntry) return Eviction::kAllPinned;
    Entry& e = entries_[id];
    Reservation promise = promise_victim_locked(e);
    uint32_t state = e.state.load(std::memory_order_relaxed);
    for (;;) {
      const bool pinned = (state & kPinMask) != 0;
      const uint32_t unused = promise ? kDoomed | 1u : 0;
      const uint32_t to = pinned ? state | kOffPolicy : unused;
      if (!e.state.compare_exchange_weak(state, to, std::memory_order_acq_rel)) continue;
      if (pinned) break;
      if ((state & kPrefetched) != 0) note_wasted_locked(e.key());
      evictions_.add();
      unlink(id);
      if (promise) {
        listener_->take_victim(
            {std::move(promise), BlockPin(this, id, e.data), e.key(), e.slot_size});
      } else {
        retire_locked(id);
      }
      return Eviction::kDone;
    }
  }
}

void BlockCache::note_wasted_locked(const BlockKey& key) {
  prefetch_wasted_.add();
  if (wasted_.size() == wasted_.capacity()) wasted_.erase(wasted_.begin());
  wasted_.push_back(key);
}

void BlockCache::take_wasted(FieldId field, std::vector<uint64_t>* blocks) {
  const std::unique_lock lock(policy_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  for (const BlockKey& key : wasted_) {
    if (key.field == field) blocks->push_back(key.block);
  }
  const auto taken = std::remove_if(wasted_.begin(), wasted_.end(),
                                    [field](const BlockKey& key) { return key.field == field; });
  wasted_.erase(taken, wasted_.end());
}

// Covers the victim while the listener keeps it; empty when it goes at once.
Reservation BlockCache::promise_victim_locked(const Entry& entry) {
  if (listener_ == nullptr || !listener_->wants_victim(entry.key(), entry.slot_size)) return {};
  return reservations_.try_reserve(entry.slot_size, reservations_.capacity());
}

void BlockCache::retire_locked(EntryId id) {
  live_entries_.fetch_sub(1, std::memory_order_relaxed);
  retired_[(uint64_t{retired_first_} + retired_count_) % capacity_] = {EpochDomain::retire(), id};
  ++retired_count_;
  retired_bytes_ += entries_[id].slot_size;
}

void BlockCache::reclaim_locked() {
  while (retired_count_ > 0 && EpochDomain::is_safe(retired_[retired_first_].epoch)) {
    const EntryId id = retired_[retired_first_].entry;
    retired_first_ = (retired_first_ + 1) % capacity_;
    --retired_count_;
    retired_bytes_ -= entries_[id].slot_size;
    arena_.free({entries_[id].data, entries_[id].slot_size});
    free_entries_[free_count_++] = id;
  }
}

// For a slot that was never published: no reader can look at it.
void BlockCache::give_back(EntryId id) noexcept {
  {
    const std::lock_guard lock(policy_mutex_);
    arena_.free({entries_[id].data, entries_[id].slot_size});
    free_entries_[free_count_++] = id;
  }
  slot_freed_.notify_all();
}

void BlockCache::last_unpin(EntryId id) {
  {
    const std::lock_guard lock(policy_mutex_);
    Entry& e = entries_[id];
    uint32_t state = e.state.load(std::memory_order_acquire);
    for (;;) {
      if ((state & kPinMask) != 0) return;  // pinned again: its unpin comes here
      if ((state & kDoomed) != 0) {
        if (!e.state.compare_exchange_weak(state, 0, std::memory_order_acq_rel)) continue;
        retire_locked(id);  // the drop has unlinked it, or it was never linked
      } else if ((state & kOffPolicy) != 0) {
        if (!e.state.compare_exchange_weak(state, state & ~kOffPolicy, std::memory_order_acq_rel))
          continue;
        policy_->readmit(id, hash_of(e.key()));
      }
      break;
    }
  }
  slot_freed_.notify_all();
}

void BlockCache::drop_if(const std::function<bool(const Entry&)>& predicate) {
  {
    const std::lock_guard lock(policy_mutex_);
    for (EntryId id = 0; id < fresh_entries_; ++id) {
      Entry& e = entries_[id];
      uint32_t state = e.state.load(std::memory_order_acquire);
      while ((state & kLive) != 0 && predicate(e)) {
        const bool pinned = (state & kPinMask) != 0;
        const uint32_t to = pinned ? ((state & kPinMask) | kDoomed) : 0;
        if (!e.state.compare_exchange_weak(state, to, std::memory_order_acq_rel)) continue;
        policy_->remove(id);
        unlink(id);
        if (!pinned) retire_locked(id);
        break;
      }
    }
    reclaim_locked();
  }
  slot_freed_.notify_all();
}

void BlockCache::drop(std::span<const FieldId> fields) {
  drop_if([fields](const Entry& e) {
    return std::binary_search(fields.begin(), fields.end(),
                              FieldId(e.field.load(std::memory_order_relaxed)));
  });
}

void BlockCache::drop_all() {
  drop_if([](const Entry&) { return true; });
}

uint64_t BlockCache::used() const {
  const std::lock_guard lock(policy_mutex_);
  return arena_.committed();
}

uint64_t BlockCache::peak() const {
  const std::lock_guard lock(policy_mutex_);
  return arena_.peak();
}

}  // namespace neurofs
