// StagedPolicy: an eviction order, and before it what only a cache with readers has.
//
// Purpose: what all policies but `lru` do alike, so that the orders are the textbooks' algorithms:
//
//   fetched ahead, not read yet: in a queue of their own, unknown to the order until their first touch, which is their
//     first access. They leave, oldest first, when they are more than half of all, or when as many blocks have come
//     since as are here.
//   demoted: leave before all others; one that is touched is a new access to the order.
//   chosen as victim and given back (it was pinned): back to where it was, no access and no ghost hit. One that was
//     read or demoted meanwhile comes back as such.
//
// Thread-safety: none; as EvictionPolicy. No call allocates. Units: 21 bytes an entry besides the order's.
// Errors: the constructor throws std::bad_alloc.
#pragma once

#include <memory>

#include "core/base/lazy_array.h"
#include "core/cache/entry_lists.h"
#include "core/cache/eviction_order.h"

namespace neurofs {

class StagedPolicy final : public EvictionPolicy {
 public:
  StagedPolicy(uint32_t capacity, OrderFactory make)
      : hashes_(capacity),
        places_(capacity),
        came_(capacity),
        stages_(capacity, 2),
        order_(make(capacity, &hashes_[0])) {}

  void insert(EntryId entry, uint64_t key_hash, bool prefetched) override {
    hashes_[entry] = key_hash;
    came_[entry] = ++clock_;
    enter(entry, prefetched ? kUnread : kOrdered);
  }
  void touch(EntryId entry) override;
  void remove(EntryId entry) override {
    if (is_here(entry)) take_out(entry);
  }
  void demote(EntryId entry) override {
    if (is_here(entry)) {
      take_out(entry);
      enter(entry, kDemoted);
    } else if ((places_[entry] & kLeft) != 0) {
      places_[entry] = kDemoted | kLeft;
    }
  }
  EntryId victim() override;
  void readmit(EntryId entry, uint64_t key_hash) override;

 private:
  // The first two are lists of `stages_` too; kLeft is added to the place that a victim had.
  enum Place : uint8_t { kUnread = 0, kDemoted = 1, kOrdered = 2, kHere = 4, kLeft = 8 };
  static constexpr uint8_t kPlaces = 3;

  bool is_here(EntryId entry) const { return (places_[entry] & kHere) != 0; }
  void enter(EntryId entry, uint8_t place);
  void take_out(EntryId entry);
  bool unread_leaves() const;
  EntryId left(EntryId entry) {
    places_[entry] = static_cast<uint8_t>((places_[entry] & kPlaces) | kLeft);
    --size_;
    return entry;
  }

  LazyArray<uint64_t> hashes_;
  LazyArray<uint8_t> places_;
  LazyArray<uint32_t> came_;  // clock of its insert
  EntryLists stages_;
  std::unique_ptr<EvictionOrder> order_;
  uint32_t clock_ = 0;  // inserts so far, wrapping
  uint32_t size_ = 0;
};

template <OrderFactory make>
std::unique_ptr<EvictionPolicy> staged(uint32_t capacity) {
  return std::make_unique<StagedPolicy>(capacity, make);
}

}  // namespace neurofs
