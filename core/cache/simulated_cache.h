// SimulatedCache: an eviction order at work on names alone, to see what it would miss.
//
// Purpose: miniature simulations (Waldspurger et al., ATC 2017) and replays of traces run the orders that caches run.
// Thread-safety: none. No call allocates. Units: entries. Errors: the constructor throws std::bad_alloc.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "core/cache/eviction_order.h"
#include "core/cache/hash_slots.h"

namespace neurofs {

class SimulatedCache {
 public:
  SimulatedCache(OrderFactory make, uint32_t capacity)
      : limit_(capacity), slots_(capacity), order_(make(capacity, slots_.hashes())) {}

  // One read; false when it misses.
  bool access(uint64_t hash) {
    const uint32_t here = slots_.find(hash);
    if (here != HashSlots::kNone) {
      order_->touch(here);
      return true;
    }
    while (slots_.size() >= limit_) slots_.erase(order_->victim());
    order_->admit(slots_.add(hash));
    return false;
  }
  uint32_t size() const { return slots_.size(); }
  uint32_t capacity() const { return slots_.capacity(); }
  // From the next miss on; at most capacity().
  void set_limit(uint32_t entries) { limit_ = std::clamp(entries, 1u, slots_.capacity()); }
  // Takes out what `leaves(hash)` says.
  template <typename Leaves>
  void remove_if(const Leaves& leaves) {
    slots_.for_each([&](uint32_t slot) {
      if (!leaves(slots_.hash(slot))) return;
      order_->remove(slot);
      slots_.erase(slot);
    });
  }

 private:
  uint32_t limit_;
  HashSlots slots_;
  std::unique_ptr<EvictionOrder> order_;
};

}  // namespace neurofs
