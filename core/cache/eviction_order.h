// EvictionOrder: which of the blocks that were read leaves first: the algorithms behind the policies.
//
// Purpose: the textbook part of a policy alone. What only a cache with readers has, blocks fetched ahead that nobody
// has read, blocks pinned when they should leave, blocks that others keep, is StagedPolicy's, once for all orders.
// How many blocks a cache holds depends on their sizes, so that an order takes for its capacity what it holds when a
// victim is asked for; until then what it was made for.
// Thread-safety: none. Ownership: as EvictionPolicy. No call allocates, each costs O(1) (amortised over the calls
// that put there what it walks over, and bounded by a constant where that could be long).
#pragma once

#include <cstdint>
#include <memory>

#include "core/cache/eviction_policy.h"

namespace neurofs {

class EvictionOrder {
 public:
  virtual ~EvictionOrder() = default;
  // A block that is not here was read.
  virtual void admit(EntryId entry) = 0;
  // The rest is for entries that are here.
  virtual void touch(EntryId entry) = 0;
  virtual void remove(EntryId entry) = 0;  // and nothing of it is remembered
  // Takes out and returns the entry to evict, kNoEntry when there is none.
  virtual EntryId victim() = 0;
  // A victim did not leave after all: it is here as before, as the newest of its kind; no access, and no ghost.
  virtual void readmit(EntryId entry) = 0;
  // As admit, of a block that another order has kept and that was read again so often; those read longest ago first.
  virtual void load(EntryId entry, unsigned reads) = 0;
  // A block was read while another order is in charge of so many entries.
  virtual void overhear(uint64_t /*hash*/, uint32_t /*entries*/) {}
  // Takes out up to `most` entries and memories; true when none is left.
  virtual bool forget(uint32_t most) = 0;
};

// `hashes[entry]` names the block in that entry, for ghosts and sketches; it outlives the order.
using OrderFactory = std::unique_ptr<EvictionOrder> (*)(uint32_t capacity, const uint64_t* hashes);

std::unique_ptr<EvictionOrder> make_lru_order(uint32_t capacity, const uint64_t* hashes);
std::unique_ptr<EvictionOrder> make_bip_order(uint32_t capacity, const uint64_t* hashes);
std::unique_ptr<EvictionOrder> make_s3fifo_order(uint32_t capacity, const uint64_t* hashes);
std::unique_ptr<EvictionOrder> make_lirs_order(uint32_t capacity, const uint64_t* hashes);
std::unique_ptr<EvictionOrder> make_wtinylfu_order(uint32_t capacity, const uint64_t* hashes);
// Of what was read most often over a longer time: among others that know of changes.
std::unique_ptr<EvictionOrder> make_long_wtinylfu_order(uint32_t capacity, const uint64_t* hashes);
std::unique_ptr<EvictionOrder> make_adaptive_order(uint32_t capacity, const uint64_t* hashes);

}  // namespace neurofs
