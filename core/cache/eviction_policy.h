// EvictionPolicy: decides which block leaves a tier. The seam for lru and its successors.
//
// Purpose: an order over entries, nothing else: no lock, no clock, no I/O, so that recorded traces
// replay through the production classes. Thread-safety: none; the owner serialises calls.
// Ownership: entries are small numbers in [0, capacity) given by the owner; the policy never sees
// bytes. An entry is in the policy from insert() until victim() returns it or remove() takes it out
// (because it was pinned or dropped); touch, remove and demote of an entry outside do nothing. A
// prefetched block is inserted with `prefetched`; its first demand read is its first touch(). No call but the
// factory's allocates: the owner may have run out of memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/registry.h"

namespace neurofs {

using EntryId = uint32_t;
inline constexpr EntryId kNoEntry = UINT32_MAX;
// A policy need not hear of a use when less than this share of the entries was replaced since it last heard of the
// entry: a hot set then costs nothing, while counts of uses tell apart what a policy tells apart.
inline constexpr uint32_t kUnheardShare = 256;
// A block that is read again after this share was replaced is one for a faster tier.
inline constexpr uint32_t kPromoteShare = 16;

class EvictionPolicy {
 public:
  virtual ~EvictionPolicy() = default;
  // `key_hash` identifies the block across evictions (ghost lists).
  virtual void insert(EntryId entry, uint64_t key_hash, bool prefetched) = 0;
  virtual void touch(EntryId entry) = 0;
  virtual void remove(EntryId entry) = 0;
  // A victim did not leave, since it was pinned: it is as if it had never been chosen. Also for an entry that was
  // never here, which is then inserted.
  virtual void readmit(EntryId entry, uint64_t key_hash) { insert(entry, key_hash, false); }
  // Moves the entry to the front of the queue that leaves (its bytes are kept elsewhere already).
  virtual void demote(EntryId entry) = 0;
  // Takes out and returns the entry to evict, kNoEntry when the policy holds none.
  virtual EntryId victim() = 0;
};

using PolicyFactory = std::function<std::unique_ptr<EvictionPolicy>(uint32_t capacity)>;
using PolicyRegistry = Registry<PolicyFactory>;

}  // namespace neurofs
