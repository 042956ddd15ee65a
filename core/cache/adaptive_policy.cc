// Adaptive: the whole policy that would have missed least lately, of LRU, BIP, S3-FIFO, LIRS and W-TinyLFU.
//
// No fixed one is safe for arrays: loops larger than the cache defeat the first and third, windows that overlap the
// others. A contest of miniatures (expert_contest.h) says which is best.
//
//   another one is better: load it with the entries that are here, those read longest ago first, a few at each
//     call, while the present one goes on; then it takes over, and the old one is emptied, a few at each call
//   an entry that is read while it is loaded comes again at its new turn
//
// So a change costs each call the same however large the cache is. Sixteen are loaded while at most one comes anew,
// so that it ends after a fifteenth as many calls as there are entries.

#include <algorithm>
#include <array>

#include "core/cache/entry_lists.h"
#include "core/cache/eviction_order.h"
#include "core/cache/expert_contest.h"
#include "core/cache/staged_policy.h"

namespace neurofs {
namespace {

// LRU first: it is in charge until another is better.
constexpr auto kExperts = std::to_array<OrderFactory>(
    {make_lru_order, make_s3fifo_order, make_lirs_order, make_long_wtinylfu_order, make_bip_order});
constexpr size_t kNobody = kExperts.size();
constexpr uint32_t kAtOnce = 16;  // entries loaded, or forgotten, at each call
constexpr uint32_t kAll = 0;

class AdaptiveOrder final : public EvictionOrder {
 public:
  AdaptiveOrder(uint32_t capacity, const uint64_t* hashes)
      : hashes_(hashes), recency_(capacity, 1), states_(capacity), contest_(kExperts, capacity) {
    for (size_t i = 0; i < kNobody; ++i) orders_[i] = kExperts[i](capacity, hashes);
  }

  void admit(EntryId entry) override {
    come(entry, 0);
    orders_[present_]->admit(entry);
    observe(entry);
  }
  void touch(EntryId entry) override {
    leave(entry);
    come(entry, std::min(reads_of(entry) + 1, kMostReads));
    orders_[present_]->touch(entry);
    observe(entry);
  }
  void remove(EntryId entry) override {
    leave(entry);
    orders_[present_]->remove(entry);
  }
  EntryId victim() override;
  void readmit(EntryId entry) override {
    come(entry, reads_of(entry));
    orders_[present_]->readmit(entry);
  }
  void load(EntryId entry, unsigned /*reads*/) override { admit(entry); }
  bool forget(uint32_t most) override;

 private:
  static constexpr uint8_t kSide = 1;
  static constexpr unsigned kMostReads = 3;

  unsigned reads_of(EntryId entry) const { return states_[entry] >> 1; }
  bool is_loaded(EntryId entry) const { return (states_[entry] & kSide) != side_; }
  void come(EntryId entry, unsigned reads) {
    states_[entry] = static_cast<uint8_t>(side_ | reads << 1);
    recency_.push_front(kAll, entry);
    if (next_ != kNobody && cursor_ == kNoEntry) cursor_ = entry;
  }
  // But for the present order; `states_` keeps its reads.
  void leave(EntryId entry) {
    if (next_ != kNobody) {
      if (cursor_ == entry) cursor_ = recency_.newer(entry);
      if (is_loaded(entry)) orders_[next_]->remove(entry);
    }
    recency_.unlink(kAll, entry);
  }
  void observe(EntryId entry);
  void step();

  const uint64_t* const hashes_;
  EntryLists recency_;
  LazyArray<uint8_t>
      states_;  // its side: other than `side_` if it is in the next order; reads since it came
  std::array<std::unique_ptr<EvictionOrder>, kNobody> orders_;
  ExpertContest contest_;
  size_t present_ = 0;
  size_t next_ = kNobody;      // being loaded
  size_t last_ = kNobody;      // being emptied
  EntryId cursor_ = kNoEntry;  // the oldest that is not loaded yet
  uint8_t side_ = 0;
};

void AdaptiveOrder::observe(EntryId entry) {
  const uint64_t hash = hashes_[entry];
  const uint32_t held = recency_.size(kAll);
  for (size_t i = 0; i < kNobody; ++i) {
    if (i != present_ && i != last_) orders_[i]->overhear(hash, held);
  }
  if (contest_.observe(hash, held)) {
    const size_t better = contest_.better(present_);
    if (better != present_ && next_ == kNobody && last_ == kNobody) {
      next_ = better;
      cursor_ = recency_.back(kAll);
    }
  }
  step();
}

EntryId AdaptiveOrder::victim() {
  contest_.set_limit(recency_.size(kAll));
  const EntryId entry = orders_[present_]->victim();
  if (entry == kNoEntry) return entry;
  leave(entry);
  step();
  return entry;
}

void AdaptiveOrder::step() {
  if (last_ != kNobody && orders_[last_]->forget(kAtOnce)) last_ = kNobody;
  if (next_ == kNobody) return;
  for (uint32_t n = 0; n < kAtOnce && cursor_ != kNoEntry; ++n) {
    const EntryId entry = cursor_;
    cursor_ = recency_.newer(entry);
    states_[entry] ^= kSide;
    orders_[next_]->load(entry, reads_of(entry));
  }
  if (cursor_ != kNoEntry) return;
  last_ = present_;
  present_ = next_;
  next_ = kNobody;
  side_ ^= kSide;
}

// Of use to nobody: no order adapts among adaptive ones.
bool AdaptiveOrder::forget(uint32_t most) {
  while (most-- > 0) {
    const EntryId oldest = recency_.back(kAll);
    if (oldest == kNoEntry) return true;
    remove(oldest);
  }
  return false;
}

const Registration<PolicyRegistry> kAdaptive(
    "adaptive",
    "the policy of those here that would have missed least lately, by small simulations",
    staged<make_adaptive_order>);

}  // namespace

std::unique_ptr<EvictionOrder> make_adaptive_order(uint32_t capacity, const uint64_t* hashes) {
  return std::make_unique<AdaptiveOrder>(capacity, hashes);
}

}  // namespace neurofs
