// WalkTable: the walks that a predictor follows, and where each is expected next.
//
// Purpose: answer in constant time which walk foresaw a read. Each walk's next positions, up to
// kForeseen of them, lie in one hash table, so that reads which overtake each other still find their
// walk; what was passed over is remembered for a while. Bounded: a fixed number of walks, no memory
// but its own is taken. Thread-safety: none. Ownership: owns the walks; references to a walk hold
// until it is removed. Units: blocks; time in reads of the field.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/lazy_array.h"
#include "core/prefetch/odometer.h"

namespace neurofs {

struct Walk {
  static constexpr size_t kForeseen = 8;

  uint32_t group = 0;   // names it in proposals, its number in the lowest bits; 0: not in use
  uint64_t stream = 0;  // of the reader that began it
  uint32_t length = 1;  // blocks of an element
  Odometer at;          // the latest element read
  Odometer front;       // the last element proposed, `ahead` elements on
  uint64_t ahead = 0;
  uint64_t depth = 2;         // elements to be ahead, learned
  uint32_t seen = 0;          // elements read
  uint32_t confirmed = 0;     // of them, foreseen
  uint64_t used_at = 0;       // last read
  uint64_t steady_until = 0;  // the depth does not grow again before
  uint64_t good = 0;          // blocks proposed and read, or wasted, since the depth shrank
  uint64_t bad = 0;
  float worth = 1;            // of the blocks proposed lately, the share that was read
  uint64_t silent_until = 0;  // nothing is proposed before, since most was in vain
  uint64_t rest = 128;        // reads that the next such silence lasts
  bool guessed = false;       // made of a remembered shape, nothing foreseen has come yet
  uint8_t unproven = 0;       // reads until a new level counts as right; 0: none is new
  int64_t tail = -1;          // a straggler of the row before the jump would be here
  uint64_t tail_until = 0;

  bool in_use() const { return group != 0; }
  bool nested() const { return at.levels() > 1; }
  // Its elements are blocks that follow each other, so that a read may bring several.
  bool dense() const { return length == 1 && at.level(0).step == 1; }
  bool takes(uint64_t count) const { return length == count || dense(); }
  bool flat() const { return at.levels() == 1 && at.level(0).open(); }
  uint64_t run_index() const { return at.level(0).index; }

 private:
  friend class WalkTable;
  Odometer look_;  // the last position foreseen
  std::array<int64_t, kForeseen> ring_{};
  uint8_t ring_first_ = 0;
  uint8_t ring_size_ = 0;
};

class WalkTable {
 public:
  static constexpr size_t kWalks = 64;

  explicit WalkTable(int64_t block_count);

  struct Match {
    Walk* walk = nullptr;
    uint32_t distance = 0;  // elements from the walk's latest; 1: the very next
  };
  // The walk that expects a read of `count` blocks at `block`, rather of this stream than of another.
  Match find(int64_t block, uint64_t count, uint64_t stream, uint64_t now);

  // A walk to be filled in, in use; the caller has seen to it that one is free.
  Walk& create(uint64_t stream, const Odometer& at, uint32_t length, uint64_t now);
  void remove(Walk& walk);
  // What was proposed for it so far is no longer wanted.
  void regroup(Walk& walk);
  bool full() const { return used_ == kWalks; }
  Walk& stalest() { return walks_[order_[used_ - 1]]; }
  Walk* find_group(uint32_t group) {
    Walk& walk = walks_[group % kWalks];
    return group != 0 && walk.group == group ? &walk : nullptr;
  }
  const Walk* find_group(uint32_t group) const {
    return const_cast<WalkTable*>(this)->find_group(group);
  }
  // It was read now.
  void touch(Walk& walk, uint64_t now);

  // The walk was read `distance` elements on; those between are remembered as passed over.
  void advance(Walk& walk, uint32_t distance, uint64_t now);
  // `at` was changed by hand: nothing that was foreseen or proposed holds.
  void restructure(Walk& walk);
  // The walk was read up to `elements` further on in its run.
  void leap(Walk& walk, uint64_t elements);
  // As many positions as its record earns are foreseen.
  void foresee(Walk& walk);

  void pass_over(int64_t block, const Walk& walk, uint64_t now);
  // A read of what was passed over lately: its walk, once.
  Walk* take_passed(int64_t block, uint64_t now);

  // The walks in use, the latest read first: the i-th of size().
  size_t size() const { return used_; }
  Walk& latest(size_t i) { return walks_[order_[i]]; }
  const Walk& latest(size_t i) const { return walks_[order_[i]]; }

  static constexpr size_t table_bytes() { return sizeof(Tables); }

 private:
  static constexpr size_t kSlots = 2048;  // four times what all walks foresee
  static constexpr size_t kPassed = 256;
  struct Slot {
    int64_t block = 0;
    uint8_t walk = 0;  // number + 1
  };
  struct Passed {
    int64_t block = 0;
    uint32_t group = 0;  // 0: of none
    uint64_t time = 0;
  };

  static size_t home(int64_t block);
  void insert(int64_t block, size_t walk);
  void erase(int64_t block, size_t walk);
  void forget(Walk& walk);
  size_t number(const Walk& walk) const { return static_cast<size_t>(&walk - walks_.data()); }

  // Zeroed memory is an empty one.
  struct Tables {
    std::array<Walk, kWalks> walks;
    std::array<Slot, kSlots> slots;
    std::array<Passed, kPassed> passed;
  };

  const int64_t block_count_;
  LazyArray<Tables> tables_{1};
  std::array<Walk, kWalks>& walks_ = tables_[0].walks;
  std::array<Slot, kSlots>& slots_ = tables_[0].slots;
  std::array<Passed, kPassed>& passed_ = tables_[0].passed;
  std::array<uint8_t, kWalks> order_;  // numbers of walks, the latest read first, free ones last
  size_t used_ = 0;
  uint32_t groups_ = 0;
};

}  // namespace neurofs
