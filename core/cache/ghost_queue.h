// GhostQueue: the hashes of blocks that have left, oldest forgotten first.
//
// Thread-safety: none. No call allocates. Units: 20 bytes a ghost, 4 for each bucket of HashSlots.
// Errors: the constructor throws std::bad_alloc.
#pragma once

#include <cstdint>

#include "core/cache/entry_lists.h"
#include "core/cache/hash_slots.h"

namespace neurofs {

class GhostQueue {
 public:
  // Room for so many, 1 or more.
  explicit GhostQueue(uint32_t capacity) : slots_(capacity), order_(capacity, 1) {}

  // True when it was remembered; it no longer is.
  bool take(uint64_t hash) {
    const uint32_t slot = slots_.find(hash);
    if (slot == HashSlots::kNone) return false;
    order_.unlink(0, slot);
    slots_.erase(slot);
    return true;
  }
  // Remembers it as the newest of at most `limit`; one that has shrunk is reached over many calls.
  void add(uint64_t hash, uint32_t limit) {
    static_cast<void>(take(hash));
    for (uint32_t n = 0; n < kMostForgotten && (order_.size(0) >= limit || slots_.full()); ++n) {
      if (!forget_oldest()) return;
    }
    order_.push_front(0, slots_.add(hash));
  }
  bool forget_oldest() {
    const uint32_t slot = order_.pop_back(0);
    if (slot == EntryLists::kNone) return false;
    slots_.erase(slot);
    return true;
  }

 private:
  static constexpr uint32_t kMostForgotten = 8;  // at each call

  HashSlots slots_;
  EntryLists order_;
};

}  // namespace neurofs
