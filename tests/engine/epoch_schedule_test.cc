#include "core/engine/epoch_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/engine/belady.h"

namespace neurofs {
namespace {

using Blocks = std::vector<uint64_t>;

// An order by a table, over blocks of `rows` neurons each.
class Table final : public EpochSource {
 public:
  Table(std::vector<Index> order, Index rows, Index group = 0)
      : order_(std::move(order)), rows_(rows), group_(group) {}

  Index size() const override { return static_cast<Index>(order_.size()); }
  uint64_t block(Index position) const {
    return static_cast<uint64_t>(order_[static_cast<size_t>(position)] / rows_);
  }
  void add_blocks(Index first, Index last, Blocks* blocks) const override {
    for (Index p = first; p < last; ++p) blocks->push_back(block(p));
  }
  Index next_use(uint64_t b, Index from) const override {
    for (Index p = from; p < size(); ++p) {
      if (block(p) == b) return p;
    }
    return kNever;
  }
  Index group_end(Index position) const override {
    return group_ == 0 ? kNever : std::min((position / group_ + 1) * group_, size());
  }
  bool shares_blocks() const override { return true; }

 private:
  const std::vector<Index> order_;
  const Index rows_;
  const Index group_;
};

Blocks blocks_of(const Table& table) {
  Blocks blocks;
  table.add_blocks(0, table.size(), &blocks);
  return blocks;
}

std::vector<Index> shuffled(Index count, uint64_t seed) {
  std::vector<Index> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
  return order;
}

// Does what an owner does, at once, and checks what it is told.
class Owner {
 public:
  Owner(const Table& table, const EpochSchedule::Limits& limits)
      : schedule(table, limits, 0), table_(table) {}

  // All that can be fetched now.
  void fetch(size_t most = 1024) {
    for (;;) {
      Blocks wanted;
      Blocks gone;
      schedule.next_fetch(most, &wanted, &gone);
      let_go(gone);
      EXPECT_TRUE(std::is_sorted(wanted.begin(), wanted.end()));
      EXPECT_LE(wanted.size(), most);
      if (wanted.empty()) return;
      batches.push_back(wanted);
      for (const uint64_t block : wanted) {
        ++fetches;
        EXPECT_FALSE(holds(block)) << block;
        if (schedule.fetched(block, EpochSchedule::Fetch::kHere)) held.push_back(block);
      }
      EXPECT_LE(held.size(), schedule.limits().held);
      EXPECT_EQ(held.size(), schedule.held());
    }
  }
  // True: what it needs was here.
  bool read(Index first, Index last) {
    bool here = true;
    for (Index p = first; p < std::min(last, table_.size()); ++p)
      here = here && holds(table_.block(p));
    Blocks gone;
    schedule.read(first, last, &gone);
    let_go(gone);
    return here;
  }
  bool holds(uint64_t block) const {
    return std::find(held.begin(), held.end(), block) != held.end();
  }

  EpochSchedule schedule;
  Blocks held;
  std::vector<Blocks> batches;
  size_t fetches = 0;

 private:
  void let_go(const Blocks& gone) {
    for (const uint64_t block : gone) {
      const auto it = std::find(held.begin(), held.end(), block);
      ASSERT_NE(it, held.end()) << "block " << block << " is let go and was not held";
      held.erase(it);
    }
  }
  const Table& table_;
};

EpochSchedule::Limits limits(uint64_t held, uint64_t lead, uint64_t unit) {
  EpochSchedule::Limits l;
  l.held = held;
  l.lead = lead;
  l.unit = unit;
  return l;
}

TEST(EpochSchedule, FetchesAsOftenAsBelady) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const auto rows = static_cast<Index>(1 + seed % 7);
    const Table table(shuffled(static_cast<Index>(100 + seed), seed), rows);
    for (const size_t room : {1, 2, 5, 11, 40}) {
      Owner owner(table, limits(room, 1, 1));
      for (Index p = 0; p < table.size(); ++p) {
        owner.fetch(1);
        ASSERT_TRUE(owner.read(p, p + 1)) << p;
      }
      EXPECT_EQ(owner.fetches, least_fetches(blocks_of(table), room))
          << "seed " << seed << " room " << room;
    }
  }
}

// What is planned ahead takes room, and no more than that.
TEST(EpochSchedule, ALeadCostsNoMoreThanItsRoom) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Table table(shuffled(400, seed), 5);
    Owner owner(table, limits(24, 8, 2));
    for (Index p = 0; p < table.size(); ++p) {
      owner.fetch();
      ASSERT_TRUE(owner.read(p, p + 1));
    }
    EXPECT_GE(owner.fetches, least_fetches(blocks_of(table), 24));
    EXPECT_LE(owner.fetches, least_fetches(blocks_of(table), 24 - 8 - 2)) << "seed " << seed;
  }
}

TEST(EpochSchedule, ABlockOfOneNeuronIsFetchedOnceAndLetGoWhenRead) {
  const Table table(shuffled(5000, 3), 1);
  Owner owner(table, limits(400, 200, 50));
  for (Index p = 0; p < table.size(); p += 10) {
    owner.fetch();
    ASSERT_TRUE(owner.read(p, p + 10));
  }
  EXPECT_EQ(owner.fetches, 5000u);
  EXPECT_TRUE(owner.held.empty());
}

// A buffer of 512 neurons is read in any order and fetched from its first block to its last.
TEST(EpochSchedule, AGroupIsFetchedInTheOrderOfItsBlocks) {
  std::vector<Index> order(4096);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(5);
  for (auto at = order.begin(); at != order.end(); at += 512) std::shuffle(at, at + 512, random);
  const Table table(order, 1, 512);
  Owner owner(table, limits(700, 700, 64));
  owner.schedule.use_groups(true);
  for (Index p = 0; p < table.size(); p += 8) {
    owner.fetch(128);
    ASSERT_TRUE(owner.read(p, p + 8)) << p;
  }
  EXPECT_EQ(owner.fetches, 4096u);
  uint64_t next = 0;  // groups follow one another here, so that all is one run
  for (const Blocks& batch : owner.batches) {
    for (const uint64_t block : batch) EXPECT_EQ(block, next++);
  }
}

// A group that cannot be held is cut, and read all the same.
TEST(EpochSchedule, AGroupThatDoesNotFitIsCut) {
  const Table table(shuffled(2000, 9), 1, 1000);
  Owner owner(table, limits(100, 100, 25));
  owner.schedule.use_groups(true);
  for (Index p = 0; p < table.size(); ++p) {
    owner.fetch();
    owner.read(p, p + 1);
  }
  EXPECT_EQ(owner.fetches, 2000u);
}

TEST(EpochSchedule, WorkersThatTakeTurnsAreOnePass) {
  const Table table(shuffled(4000, 11), 4);
  Owner owner(table, limits(500, 300, 50));
  constexpr Index kBatch = 20;
  // Worker w reads batches w, w + 4, ...; the fourth is always two of its batches behind.
  std::vector<Index> turns;
  for (Index batch = 0; batch < 200; ++batch) {
    if (batch % 4 != 3) turns.push_back(batch);
    if (batch % 4 == 2 && batch >= 10) turns.push_back(batch - 7);
  }
  turns.push_back(195);
  turns.push_back(199);
  owner.schedule.limits().tolerance = 400;
  size_t late = 0;
  for (const Index batch : turns) {
    owner.fetch();
    for (Index p = batch * kBatch; p < (batch + 1) * kBatch; ++p) late += !owner.read(p, p + 1);
  }
  EXPECT_EQ(late, 0u);
  EXPECT_EQ(owner.schedule.head(), table.size());
  EXPECT_TRUE(owner.held.empty());
}

TEST(EpochSchedule, WhatIsLeftOutIsNotWaitedFor) {
  const Table table(shuffled(3000, 12), 1);
  Owner owner(table, limits(300, 200, 50));
  owner.schedule.limits().tolerance = 64;
  for (Index p = 0; p < table.size(); p += 3) {  // every third alone
    owner.fetch();
    ASSERT_TRUE(owner.read(p, p + 1));
    ASSERT_GE(owner.schedule.head(), p + 1 - 64);
  }
  EXPECT_LE(owner.held.size(), 64u);
}

// Repeats, gaps, turns and limits that change, at random: it never holds too much, never lets go what it needs.
TEST(EpochSchedule, HoldsWhatItPromisesWhateverIsRead) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    const auto pick = [&](Index below) {
      return static_cast<Index>(random() % static_cast<uint64_t>(below));
    };
    std::vector<Index> order(600);
    for (Index& n : order) n = pick(500);  // as a selection has them: with repeats
    const Table table(order, 1 + pick(6), pick(2) * (1 + pick(200)));
    Owner owner(table,
                limits(static_cast<uint64_t>(40 + pick(100)), static_cast<uint64_t>(1 + pick(40)),
                       static_cast<uint64_t>(1 + pick(20))));
    owner.schedule.limits().tolerance = 30 + pick(100);
    owner.schedule.use_groups(pick(2) == 0);
    Index at = 0;
    while (at < table.size()) {
      owner.fetch(static_cast<size_t>(1 + pick(30)));
      const Index first = std::max<Index>(at - pick(20), 0);
      owner.read(first, std::min(first + 1 + pick(30), table.size() + 5));
      at += pick(16);
    }
    owner.read(0, table.size());
    EXPECT_EQ(owner.schedule.head(), table.size());
    EXPECT_TRUE(owner.held.empty()) << seed;
  }
}

TEST(EpochSchedule, AFetchThatIsPutOffIsTriedAgain) {
  const Table table({0, 1, 2, 3}, 1);
  EpochSchedule schedule(table, limits(4, 4, 4), 0);
  Blocks wanted;
  Blocks gone;
  schedule.next_fetch(4, &wanted, &gone);
  EXPECT_EQ(wanted, (Blocks{0, 1, 2, 3}));
  schedule.read(1, 2, &gone);
  for (const uint64_t block : {0, 1, 3}) {
    EXPECT_FALSE(schedule.fetched(block, EpochSchedule::Fetch::kPutOff));
  }
  EXPECT_TRUE(schedule.fetched(2, EpochSchedule::Fetch::kHere));
  wanted.clear();
  schedule.next_fetch(4, &wanted, &gone);
  EXPECT_EQ(wanted, (Blocks{0, 3}));  // 1 has been read
}

TEST(EpochSchedule, AFailedFetchIsForgotten) {
  const Table table({0, 1, 2, 3}, 1);
  EpochSchedule schedule(table, limits(4, 4, 4), 0);
  Blocks wanted;
  Blocks gone;
  schedule.next_fetch(4, &wanted, &gone);
  EXPECT_EQ(wanted, (Blocks{0, 1, 2, 3}));
  for (const uint64_t block : wanted)
    EXPECT_FALSE(schedule.fetched(block, EpochSchedule::Fetch::kLost));
  EXPECT_EQ(schedule.held(), 0u);
  schedule.read(0, 4, &gone);
  EXPECT_TRUE(gone.empty());
  EXPECT_EQ(schedule.head(), 4);
}

// Many positions that want little: whoever waits for the owner's lock gets it in between, and the unit is whole.
TEST(EpochSchedule, ALongUnitIsPlannedInParts) {
  constexpr Index kPart = EpochSchedule::kMostAtOnce;
  std::vector<Index> order(static_cast<size_t>(4 * kPart));
  for (size_t p = 0; p < order.size(); ++p)
    order[p] = std::ssize(order) - 1 - static_cast<Index>(p);
  const Table table(order, kPart / 2);  // 8 blocks, the last one first
  EpochSchedule schedule(table, limits(8, 8, 8), 0);
  schedule.limits().tolerance = table.size();
  Blocks wanted;
  Blocks gone;
  Index planned = 0;
  while (schedule.next_fetch(8, &wanted, &gone)) {
    EXPECT_TRUE(wanted.empty());
    EXPECT_LE(schedule.horizon() - planned, kPart);
    planned = schedule.horizon();
    schedule.read(planned - kPart, planned - kPart + 1, &gone);
  }
  EXPECT_GT(planned, 2 * kPart);
  EXPECT_EQ(wanted, (Blocks{0, 1, 2, 3, 4, 5, 6, 7}));
}

// Limits may shrink while a unit is half planned: what it wants so far is fetched.
TEST(EpochSchedule, AUnitEndsWhereItsLimitsDo) {
  constexpr Index kPart = EpochSchedule::kMostAtOnce;
  std::vector<Index> order(static_cast<size_t>(4 * kPart));
  std::iota(order.begin(), order.end(), 0);
  const Table table(order, kPart);
  EpochSchedule schedule(table, limits(4, 4, 4), 0);
  Blocks wanted;
  Blocks gone;
  EXPECT_TRUE(schedule.next_fetch(4, &wanted, &gone));
  schedule.limits().lead = 1;
  EXPECT_FALSE(schedule.next_fetch(4, &wanted, &gone));
  EXPECT_EQ(wanted, (Blocks{0}));
}

}  // namespace
}  // namespace neurofs
