// LRU and its bimodal sister: one list, from the last read to the first.
//
//   touch: to the front;  victim: the back;
//   admit: LRU to the front; BIP to the back, but every 32nd to the front.
//
// BIP (Qureshi et al., "Adaptive insertion policies", ISCA 2007) keeps a part of what comes round in a loop
// larger than the cache, and renews it slowly. Which one goes to the front is counted, not drawn.

#include "core/cache/entry_lists.h"
#include "core/cache/eviction_order.h"

namespace neurofs {
namespace {

constexpr uint32_t kAll = 0;
constexpr uint32_t kTurns = 32;

class RecencyOrder final : public EvictionOrder {
 public:
  RecencyOrder(uint32_t capacity, bool bimodal) : bimodal_(bimodal), list_(capacity, 1) {}

  void admit(EntryId entry) override {
    if (bimodal_ && ++turn_ % kTurns != 0) {
      list_.push_back(kAll, entry);
    } else {
      list_.push_front(kAll, entry);
    }
  }
  void touch(EntryId entry) override { list_.to_front(kAll, entry); }
  void remove(EntryId entry) override { list_.unlink(kAll, entry); }
  EntryId victim() override { return list_.pop_back(kAll); }
  void readmit(EntryId entry) override { list_.push_front(kAll, entry); }
  void load(EntryId entry, unsigned /*reads*/) override { list_.push_front(kAll, entry); }
  bool forget(uint32_t most) override {
    while (most-- > 0 && list_.pop_back(kAll) != EntryLists::kNone) {
    }
    return list_.size(kAll) == 0;
  }

 private:
  const bool bimodal_;
  uint32_t turn_ = 0;
  EntryLists list_;
};

}  // namespace

std::unique_ptr<EvictionOrder> make_lru_order(uint32_t capacity, const uint64_t* /*hashes*/) {
  return std::make_unique<RecencyOrder>(capacity, false);
}
std::unique_ptr<EvictionOrder> make_bip_order(uint32_t capacity, const uint64_t* /*hashes*/) {
  return std::make_unique<RecencyOrder>(capacity, true);
}

}  // namespace neurofs
