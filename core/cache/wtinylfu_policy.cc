// W-TinyLFU: a block is let in if it is read more often than the one that would leave for it (Einziger, Friedman,
// Manes, ACM ToS 2017), in the form of Caffeine, with a fixed window.
//
//   window: LRU, a hundredth of all;  main: segmented LRU, four fifths of it protected
//   admit:  to the window; if nothing left for it, the window's oldest goes to probation while it is too long
//   touch:  window, protected: to the front; probation: to protected, whose oldest goes to probation if it is full
//   victim: the window's oldest against the oldest of probation: who is read less, by the sketch, leaves;
//           the window's loses a draw; who stays is in probation
//           A group's victims are taken before its blocks come: as many as have not come count as in the window.
//
// A block that loses although it is read a lot wins once in 128, so that nobody can keep it out by colliding hashes.

#include <algorithm>
#include <utility>

#include "core/cache/entry_lists.h"
#include "core/cache/eviction_order.h"
#include "core/cache/frequency_sketch.h"
#include "core/cache/staged_policy.h"

namespace neurofs {
namespace {

constexpr uint32_t kWindow = 0;
constexpr uint32_t kProbation = 1;
constexpr uint32_t kProtected = 2;
// Of the sketch. With the paper's, a block at the edge of the cache is counted once or twice until all is halved, which
// tells little; with the longer one, popularity that does not change is known better, and what does much worse.
constexpr uint64_t kPeriod = 10;
constexpr uint64_t kLongPeriod = 40;

class WTinyLfuOrder final : public EvictionOrder {
 public:
  WTinyLfuOrder(uint32_t capacity, const uint64_t* hashes, uint64_t period)
      : limit_(capacity),
        hashes_(hashes),
        lists_(capacity, 3),
        list_of_(capacity),
        sketch_(capacity, period) {}

  void admit(EntryId entry) override {
    sketch_.add(hashes_[entry], limit_);
    enter(kWindow, entry);
    if (owed_ > 0) {
      --owed_;
      ++group_;
    } else {
      shrink_window(window_limit());
    }
  }
  void touch(EntryId entry) override {
    sketch_.add(hashes_[entry], limit_);
    if (list_of_[entry] != kProbation) return lists_.to_front(list_of_[entry], entry);
    lists_.unlink(kProbation, entry);
    enter(kProtected, entry);
    shrink_protected();
  }
  void remove(EntryId entry) override { lists_.unlink(list_of_[entry], entry); }
  void readmit(EntryId entry) override {
    enter(kProbation, entry);
    if (owed_ > 0) --owed_;
  }
  void load(EntryId entry, unsigned reads) override {
    enter(reads > 0 ? kProtected : kProbation, entry);
    shrink_protected();
  }
  EntryId victim() override;
  void overhear(uint64_t hash, uint32_t entries) override { sketch_.add(hash, entries); }
  bool forget(uint32_t most) override {
    owed_ = 0;
    for (; most > 0; --most) {
      const bool some = lists_.pop_back(kWindow) != kNoEntry ||
                        lists_.pop_back(kProbation) != kNoEntry ||
                        lists_.pop_back(kProtected) != kNoEntry;
      if (!some) return true;
    }
    return false;
  }

 private:
  uint32_t window_limit() const { return std::max(limit_ / 100, 1u); }
  void enter(uint32_t list, EntryId entry) {
    list_of_[entry] = static_cast<uint8_t>(list);
    lists_.push_front(list, entry);
  }
  // Of the last ones; all of it is in the window, and would leave it unjudged if that were shortened.
  uint32_t largest_group() {
    largest_ = std::max(largest_, std::exchange(group_, 0));
    const uint32_t largest = std::max(largest_, largest_before_);
    if (++groups_ % kGroups == 0) largest_before_ = std::exchange(largest_, 0);
    return largest;
  }
  // Both move one more than came in, so that a limit that has shrunk is reached.
  void shrink_window(uint32_t limit) {
    for (int i = 0; i < 2 && lists_.size(kWindow) > limit; ++i) {
      enter(kProbation, lists_.pop_back(kWindow));
    }
  }
  void shrink_protected() {
    const uint64_t limit = uint64_t{limit_ - std::min(window_limit(), limit_)} * 4 / 5;
    for (int i = 0; i < 2 && lists_.size(kProtected) > limit; ++i) {
      enter(kProbation, lists_.pop_back(kProtected));
    }
  }
  bool wins(EntryId candidate, EntryId oldest) {
    const unsigned mine = sketch_.estimate(hashes_[candidate]);
    const unsigned other = sketch_.estimate(hashes_[oldest]);
    return mine > other || (mine >= kOften && ++turn_ % kTurns == 0);
  }

  static constexpr unsigned kOften = 6;
  static constexpr uint32_t kTurns = 128;
  static constexpr uint32_t kGroups = 16;

  uint32_t limit_;
  uint32_t turn_ = 0;
  uint32_t owed_ = 0;   // victims for which nothing has come yet
  uint32_t group_ = 0;  // how many have come for victims since none was owed
  uint32_t groups_ = 0;
  uint32_t largest_ = 0;         // of at most kGroups groups
  uint32_t largest_before_ = 0;  // of the kGroups before them
  const uint64_t* const hashes_;
  EntryLists lists_;
  LazyArray<uint8_t> list_of_;
  FrequencySketch sketch_;
};

EntryId WTinyLfuOrder::victim() {
  limit_ = lists_.size(kWindow) + lists_.size(kProbation) + lists_.size(kProtected);
  shrink_protected();
  const uint32_t window = window_limit();
  if (owed_ == 0) shrink_window(std::max(window, largest_group()));
  EntryId oldest = lists_.back(kProbation);
  if (oldest == kNoEntry) oldest = lists_.back(kProtected);
  const bool is_long = lists_.size(kWindow) > 0 && lists_.size(kWindow) + owed_ >= window;
  owed_ = std::min(owed_ + 1, limit_ / 2);
  if (is_long || oldest == kNoEntry) {
    const EntryId candidate = lists_.pop_back(kWindow);
    if (candidate == kNoEntry || oldest == kNoEntry || !wins(candidate, oldest)) return candidate;
    enter(kProbation, candidate);
  }
  lists_.unlink(list_of_[oldest], oldest);
  return oldest;
}

const Registration<PolicyRegistry> kWTinyLfu("wtinylfu",
                                             "what is read most often stays, by a sketch of counts",
                                             staged<make_wtinylfu_order>);

}  // namespace

std::unique_ptr<EvictionOrder> make_wtinylfu_order(uint32_t capacity, const uint64_t* hashes) {
  return std::make_unique<WTinyLfuOrder>(capacity, hashes, kPeriod);
}
std::unique_ptr<EvictionOrder> make_long_wtinylfu_order(uint32_t capacity, const uint64_t* hashes) {
  return std::make_unique<WTinyLfuOrder>(capacity, hashes, kLongPeriod);
}

}  // namespace neurofs
