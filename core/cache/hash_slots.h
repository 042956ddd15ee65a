// HashSlots: numbers a bounded set of hashes: a hash table over slots that are all there from the start.
//
// Purpose: what eviction orders remember of blocks that have left, and the index of a simulated cache. No
// operation allocates. Two blocks whose 64-bit hashes are equal are taken for one, which costs a wrong guess.
// Thread-safety: none. Units: 12 bytes a slot that was ever used, and 4 for each bucket (a power of two, as many as
// slots or up to twice as many). Errors: the constructor throws std::bad_alloc.
#pragma once

#include <bit>
#include <cstdint>

#include "core/base/lazy_array.h"

namespace neurofs {

class HashSlots {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // `slots` of 1 and more.
  explicit HashSlots(uint32_t slots)
      : slots_(slots),
        mask_(std::bit_ceil(uint64_t{slots}) - 1),
        buckets_(mask_ + 1),
        chain_(slots),
        hashes_(slots) {}

  uint32_t find(uint64_t hash) const {
    uint32_t link = buckets_[hash & mask_];
    while (link != 0 && hashes_[link - 1] != hash) link = chain_[link - 1];
    return link - 1;  // 0 wraps to kNone
  }
  uint64_t hash(uint32_t slot) const { return hashes_[slot]; }
  const uint64_t* hashes() const { return &hashes_[0]; }
  uint32_t capacity() const { return slots_; }
  uint32_t size() const { return size_; }
  bool full() const { return free_ == 0 && fresh_ == slots_; }

  // Precondition: !full(), and the hash is not here.
  uint32_t add(uint64_t hash) {
    uint32_t slot = fresh_;
    if (free_ != 0) {
      slot = free_ - 1;
      free_ = chain_[slot];
    } else {
      ++fresh_;
    }
    ++size_;
    uint32_t& head = buckets_[hash & mask_];
    hashes_[slot] = hash;
    chain_[slot] = head;
    head = slot + 1;
    return slot;
  }
  void erase(uint32_t slot) {
    --size_;
    uint32_t* link = &buckets_[hashes_[slot] & mask_];
    while (*link != slot + 1) link = &chain_[*link - 1];
    *link = chain_[slot];
    chain_[slot] = free_;
    free_ = slot + 1;
  }
  // All that are in use; `visit(slot)` may erase the slot.
  template <typename Visit>
  void for_each(const Visit& visit) {
    for (uint64_t bucket = 0; bucket <= mask_; ++bucket) {
      for (uint32_t link = buckets_[bucket]; link != 0;) {
        const uint32_t slot = link - 1;
        link = chain_[slot];
        visit(slot);
      }
    }
  }

 private:
  uint32_t slots_;
  uint64_t mask_;
  LazyArray<uint32_t> buckets_;  // slot + 1
  LazyArray<uint32_t> chain_;    // slot + 1, of the bucket or of the free ones
  LazyArray<uint64_t> hashes_;
  uint32_t size_ = 0;
  uint32_t free_ = 0;   // slot + 1
  uint32_t fresh_ = 0;  // never used from here on
};

}  // namespace neurofs
