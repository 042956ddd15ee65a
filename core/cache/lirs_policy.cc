// LIRS: blocks whose last two reads lay close together stay, whatever passes (Jiang, Zhang, SIGMETRICS 2002).
//
//   stack S: by recency, down to the oldest of the kept blocks; kept, passing and ghost blocks are in it
//   queue Q: the passing blocks that are here, a hundredth of all
//
//   admit:  a ghost in S: it is kept from now on, and the oldest kept one becomes a passing one
//           else: kept while there is room for kept ones; else to the fronts of S and Q
//   touch:  kept: to the front of S
//           passing, in S: it is kept, as for a ghost;  passing, not in S: to the fronts of S and Q
//   victim: the oldest of Q leaves; if it is in S its place there becomes a ghost
//   The bottom of S is always a kept block: what lies below it is cut off.
//
// Ghosts: three times as many as entries (the paper sets no bound), oldest eviction forgotten first.

#include <algorithm>

#include "core/cache/entry_lists.h"
#include "core/cache/eviction_order.h"
#include "core/cache/hash_slots.h"
#include "core/cache/staged_policy.h"

namespace neurofs {
namespace {

constexpr uint32_t kStack = 0;
constexpr uint32_t kPassing = 0;  // Q
constexpr uint32_t kGhosts = 1;   // by time of eviction
constexpr uint32_t kKept = 2;     // in the order that they have in S
// At each call, so that none takes long after much has changed at once.
constexpr uint32_t kMostCut = 256;
constexpr uint32_t kMostForgotten = 8;

constexpr uint32_t kGhostsPerEntry = 3;

class LirsOrder final : public EvictionOrder {
 public:
  LirsOrder(uint32_t capacity, const uint64_t* hashes)
      : capacity_(capacity),
        ghost_room_(ghosts_for(capacity)),
        limit_(capacity),
        hashes_(hashes),
        stack_(capacity + ghost_room_, 1),
        queues_(capacity + ghost_room_, 3),
        kept_(capacity),
        ghosts_(ghost_room_) {}

  void admit(EntryId entry) override;
  void touch(EntryId entry) override;
  void remove(EntryId entry) override;
  void load(EntryId entry, unsigned /*reads*/) override { admit(entry); }
  EntryId victim() override;
  void readmit(EntryId entry) override;
  bool forget(uint32_t most) override;

 private:
  uint32_t ghosts_for(uint32_t entries) const {
    return static_cast<uint32_t>(std::min<uint64_t>(uint64_t{entries} * kGhostsPerEntry,
                                                    (uint64_t{1} << 32) - 16 - capacity_));
  }
  uint32_t keep_limit() const { return limit_ - std::min(std::max(limit_ / 100, 1u), limit_); }
  uint32_t ghost_node(uint64_t hash) const {
    const uint32_t slot = ghosts_.find(hash);
    return slot == HashSlots::kNone ? EntryLists::kNone : capacity_ + slot;
  }
  void drop_ghost(uint32_t node) {
    stack_.unlink(kStack, node);
    queues_.unlink(kGhosts, node);
    ghosts_.erase(node - capacity_);
  }
  void keep(EntryId entry) {
    kept_[entry] = 1;
    queues_.push_front(kKept, entry);
  }
  void cut();
  void demote_oldest_kept();
  void make_room_for_kept() {
    // One more than came in, so that a limit that has shrunk is reached.
    for (int i = 0; i < 2 && queues_.size(kKept) > keep_limit(); ++i) {
      demote_oldest_kept();
    }
  }

  const uint32_t capacity_;
  const uint32_t ghost_room_;
  uint32_t limit_;
  const uint64_t* const hashes_;
  EntryLists stack_;   // of entries, and of ghosts behind them
  EntryLists queues_;  // the same
  LazyArray<uint8_t> kept_;
  HashSlots ghosts_;
};

// Bounded, so that it may leave something to cut for the next call.
void LirsOrder::cut() {
  for (uint32_t n = 0; n < kMostCut; ++n) {
    const uint32_t bottom = stack_.back(kStack);
    if (bottom == EntryLists::kNone || (bottom < capacity_ && kept_[bottom] != 0)) return;
    if (bottom >= capacity_) {
      drop_ghost(bottom);
    } else {
      stack_.unlink(kStack, bottom);
    }
  }
}

void LirsOrder::demote_oldest_kept() {
  const EntryId oldest = queues_.pop_back(kKept);
  stack_.unlink(kStack, oldest);
  kept_[oldest] = 0;
  queues_.push_front(kPassing, oldest);
  cut();
}

void LirsOrder::admit(EntryId entry) {
  const uint32_t ghost = ghost_node(hashes_[entry]);
  const bool known = ghost != EntryLists::kNone;
  if (known) drop_ghost(ghost);
  kept_[entry] = 0;
  stack_.push_front(kStack, entry);
  if (known || queues_.size(kKept) < keep_limit()) {
    keep(entry);
    make_room_for_kept();
  } else {
    queues_.push_front(kPassing, entry);
  }
}

void LirsOrder::touch(EntryId entry) {
  if (kept_[entry] != 0) {
    const bool bottom = stack_.back(kStack) == entry;
    stack_.to_front(kStack, entry);
    queues_.to_front(kKept, entry);
    if (bottom) cut();
  } else if (stack_.linked(entry)) {
    stack_.to_front(kStack, entry);
    queues_.unlink(kPassing, entry);
    keep(entry);
    make_room_for_kept();
  } else {
    stack_.push_front(kStack, entry);
    queues_.to_front(kPassing, entry);
  }
}

void LirsOrder::remove(EntryId entry) {
  queues_.unlink(kept_[entry] != 0 ? kKept : kPassing, entry);
  kept_[entry] = 0;
  if (stack_.linked(entry)) stack_.unlink(kStack, entry);
  cut();
}

EntryId LirsOrder::victim() {
  limit_ = queues_.size(kKept) + queues_.size(kPassing);
  make_room_for_kept();
  if (queues_.size(kPassing) == 0 && queues_.size(kKept) > 0) demote_oldest_kept();
  const EntryId oldest = queues_.pop_back(kPassing);
  if (oldest == kNoEntry || !stack_.linked(oldest)) return oldest;
  const uint32_t most = ghosts_for(limit_);
  for (uint32_t n = 0; n < kMostForgotten && queues_.size(kGhosts) > 0 &&
                       (queues_.size(kGhosts) >= most || ghosts_.full());
       ++n) {
    drop_ghost(queues_.back(kGhosts));
  }
  const uint32_t same = ghost_node(hashes_[oldest]);
  if (same != EntryLists::kNone) drop_ghost(same);
  const uint32_t ghost = capacity_ + ghosts_.add(hashes_[oldest]);
  stack_.replace(oldest, ghost);
  queues_.push_front(kGhosts, ghost);
  cut();
  return oldest;
}

void LirsOrder::readmit(EntryId entry) {
  const uint32_t ghost = ghost_node(hashes_[entry]);
  if (ghost != EntryLists::kNone) {
    stack_.replace(ghost, entry);
    queues_.unlink(kGhosts, ghost);
    ghosts_.erase(ghost - capacity_);
  }
  kept_[entry] = 0;
  queues_.push_front(kPassing, entry);
}

bool LirsOrder::forget(uint32_t most) {
  for (; most > 0; --most) {
    const uint32_t oldest = stack_.back(kStack);
    if (oldest == EntryLists::kNone) {
      if (queues_.pop_back(kPassing) == kNoEntry) return true;
    } else if (oldest >= capacity_) {
      drop_ghost(oldest);
    } else {
      stack_.unlink(kStack, oldest);
      queues_.unlink(kept_[oldest] != 0 ? kKept : kPassing, oldest);
      kept_[oldest] = 0;
    }
  }
  return false;
}

const Registration<PolicyRegistry> kLirs(
    "lirs", "what is read again soon stays, also in loops larger than memory",
    staged<make_lirs_order>);

}  // namespace

std::unique_ptr<EvictionOrder> make_lirs_order(uint32_t capacity, const uint64_t* hashes) {
  return std::make_unique<LirsOrder>(capacity, hashes);
}

}  // namespace neurofs
