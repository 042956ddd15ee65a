// S3-FIFO: three queues, and a hit costs a counter (Yang et al., SOSP 2023).
//
//   admit:  to the main queue if it is remembered as a ghost, else to the small one; counter 0
//   touch:  counter + 1, at most 3
//   victim: while the main queue has at most nine tenths of all:
//             the oldest of the small queue: counted twice: to the main one, which gives one up if it is full
//                                            else: it leaves, and is remembered as a ghost
//           else the oldest of the main queue: counted: counter - 1 and round again; else it leaves
//
// Ghosts: nine tenths as many as entries.

#include <algorithm>

#include "core/cache/entry_lists.h"
#include "core/cache/eviction_order.h"
#include "core/cache/ghost_queue.h"
#include "core/cache/staged_policy.h"

namespace neurofs {
namespace {

constexpr uint32_t kSmall = 0;
constexpr uint32_t kMain = 1;
constexpr uint8_t kCount = 3;         // mask, and the most
constexpr uint8_t kEnough = 2;        // to pass from the small queue to the main one
constexpr uint8_t kMainBit = 4;       // where it is, or was when it left
constexpr uint32_t kMostTurns = 256;  // of either queue for one victim

uint32_t ghosts_for(uint32_t entries) {
  return static_cast<uint32_t>((uint64_t{entries} * 9 + 9) / 10);
}

class S3FifoOrder final : public EvictionOrder {
 public:
  S3FifoOrder(uint32_t capacity, const uint64_t* hashes)
      : hashes_(hashes),
        queues_(capacity, 2),
        states_(capacity),
        ghosts_(std::max(ghosts_for(capacity), 1u)) {}

  void admit(EntryId entry) override { enter(entry, ghosts_.take(hashes_[entry])); }
  void touch(EntryId entry) override {
    if ((states_[entry] & kCount) < kCount) ++states_[entry];
  }
  void remove(EntryId entry) override { queues_.unlink(queue_of(entry), entry); }
  void readmit(EntryId entry) override {
    static_cast<void>(ghosts_.take(hashes_[entry]));
    enter(entry, queue_of(entry) == kMain);
  }
  void load(EntryId entry, unsigned reads) override { enter(entry, reads > 0); }
  EntryId victim() override;
  bool forget(uint32_t most) override {
    for (; most > 0; --most) {
      const bool some = queues_.pop_back(kSmall) != kNoEntry ||
                        queues_.pop_back(kMain) != kNoEntry || ghosts_.forget_oldest();
      if (!some) return true;
    }
    return false;
  }

 private:
  uint32_t queue_of(EntryId entry) const {
    return (states_[entry] & kMainBit) != 0 ? kMain : kSmall;
  }
  void enter(EntryId entry, bool main) {
    states_[entry] = main ? kMainBit : 0;
    queues_.push_front(main ? kMain : kSmall, entry);
  }
  EntryId from_main();

  const uint64_t* const hashes_;
  EntryLists queues_;
  LazyArray<uint8_t> states_;
  GhostQueue ghosts_;
};

EntryId S3FifoOrder::from_main() {
  for (uint32_t turns = 0;; ++turns) {
    const EntryId oldest = queues_.pop_back(kMain);
    if (oldest == kNoEntry || (states_[oldest] & kCount) == 0 || turns == kMostTurns) return oldest;
    --states_[oldest];
    queues_.push_front(kMain, oldest);
  }
}

EntryId S3FifoOrder::victim() {
  const uint32_t all = queues_.size(kSmall) + queues_.size(kMain);
  const uint32_t main_limit = all - std::min(std::max(all / 10, 1u), all);
  for (uint32_t turns = 0; queues_.size(kMain) <= main_limit; ++turns) {
    const EntryId oldest = queues_.pop_back(kSmall);
    if (oldest == kNoEntry) break;
    if ((states_[oldest] & kCount) < kEnough || turns == kMostTurns) {
      ghosts_.add(hashes_[oldest], ghosts_for(all));
      return oldest;
    }
    const EntryId given_up = queues_.size(kMain) >= main_limit ? from_main() : kNoEntry;
    enter(oldest, true);
    if (given_up != kNoEntry) return given_up;
  }
  return from_main();
}

const Registration<PolicyRegistry> kS3Fifo("s3fifo",
                                           "three queues: what is read once passes quickly",
                                           staged<make_s3fifo_order>);

}  // namespace

std::unique_ptr<EvictionOrder> make_s3fifo_order(uint32_t capacity, const uint64_t* hashes) {
  return std::make_unique<S3FifoOrder>(capacity, hashes);
}

}  // namespace neurofs
