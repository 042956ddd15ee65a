#include "core/prefetch/walk_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace neurofs {
namespace {

constexpr int64_t kBlocks = 100'000;

Walk& sequence(WalkTable& table, uint64_t stream, int64_t at, int64_t step = 1) {
  Walk& walk = table.create(stream, Odometer(at, step, 3), 1, 1);
  walk.seen = 10;
  walk.confirmed = 10;
  table.foresee(walk);
  return walk;
}

TEST(WalkTable, FindsWhoForesawARead) {
  WalkTable table(kBlocks);
  Walk& walk = sequence(table, 1, 100, 7);
  EXPECT_EQ(table.find(107, 1, 1, 2).distance, 1u);
  EXPECT_EQ(table.find(128, 1, 1, 2).distance, 4u);
  EXPECT_EQ(table.find(108, 1, 1, 2).walk, nullptr);
  EXPECT_EQ(table.find(107, 4, 1, 2).walk, nullptr);  // of another length
  table.advance(walk, 2, 2);
  EXPECT_EQ(walk.at.position(), 114);
  EXPECT_EQ(table.find(121, 1, 1, 2).distance, 1u);
  EXPECT_EQ(table.take_passed(107, 3), &walk);
  EXPECT_EQ(table.take_passed(107, 3), nullptr);
  table.remove(walk);
  EXPECT_EQ(table.find(121, 1, 1, 2).walk, nullptr);
}

TEST(WalkTable, PrefersTheReadersOwnWalkAndSmallSteps) {
  WalkTable table(kBlocks);
  Walk& other = sequence(table, 2, 100);
  EXPECT_EQ(table.find(101, 1, 1, 2).walk, &other);
  Walk& coarse = sequence(table, 1, 99, 2);
  EXPECT_EQ(table.find(101, 1, 1, 2).walk, &coarse);
  Walk& fine = sequence(table, 1, 99, 1);
  EXPECT_EQ(table.find(101, 1, 1, 2).walk, &fine);
}

TEST(WalkTable, GroupsAreNotUsedAgain) {
  WalkTable table(kBlocks);
  const uint32_t group = sequence(table, 1, 5).group;
  EXPECT_NE(table.find_group(group), nullptr);
  table.remove(*table.find_group(group));
  EXPECT_EQ(table.find_group(group), nullptr);
  sequence(table, 1, 5);
  EXPECT_EQ(table.find_group(group), nullptr);
  EXPECT_EQ(table.find_group(0), nullptr);
}

// UINT32_MAX stands for what no walk proposes, 0 for none, whatever number of groups there has been.
TEST(WalkTable, NoGroupIsOneOfTheNumbersThatMeanSomethingElse) {
  WalkTable table(kBlocks);
  for (size_t i = 0; i < WalkTable::kWalks; ++i) sequence(table, i, 5);
  uint32_t highest = 0;
  uint32_t lowest = UINT32_MAX;
  Walk& last = table.latest(0);
  for (uint64_t i = 0; i <= (uint64_t{1} << 32) / WalkTable::kWalks; ++i) {
    table.regroup(last);
    highest = std::max(highest, last.group);
    lowest = std::min(lowest, last.group);
  }
  EXPECT_LT(highest, UINT32_MAX);
  EXPECT_GT(lowest, 0u);
  EXPECT_EQ(table.find_group(last.group), &last);
}

// Against a plain multimap of what each walk foresees.
TEST(WalkTable, AgreesWithAModel) {
  WalkTable table(kBlocks);
  std::mt19937_64 random(11);
  std::map<uint32_t, Odometer> model;
  for (uint64_t now = 1; now < 20'000; ++now) {
    if (model.size() < WalkTable::kWalks && random() % 3 == 0) {
      const Walk& walk = sequence(table, 1, static_cast<int64_t>(50'000 + random() % 500),
                                  static_cast<int64_t>(random() % 5) - 7);
      model.emplace(walk.group, walk.at);
    } else if (!model.empty()) {
      const auto it = std::next(model.begin(), static_cast<ptrdiff_t>(random() % model.size()));
      Walk* walk = table.find_group(it->first);
      ASSERT_NE(walk, nullptr);
      if (random() % 4 == 0) {
        table.remove(*walk);
        model.erase(it);
      } else {
        const auto distance = static_cast<uint32_t>(random() % 3 + 1);
        for (uint32_t i = 0; i < distance; ++i) it->second.next(kBlocks);
        table.advance(*walk, distance, now);
        ASSERT_EQ(walk->at.position(), it->second.position());
      }
    }
    ASSERT_EQ(table.size(), model.size());
    const auto block = static_cast<int64_t>(49'000 + random() % 2000);
    bool foreseen = false;
    for (auto [group, walk] : model) {
      for (size_t i = 0; i < Walk::kForeseen && walk.next(kBlocks); ++i)
        foreseen = foreseen || walk.position() == block;
    }
    ASSERT_EQ(table.find(block, 1, 1, 2).walk != nullptr, foreseen) << block;
  }
}

TEST(WalkTable, TheStalestIsTheOneReadLongestAgo) {
  WalkTable table(kBlocks);
  Walk& first = sequence(table, 1, 10);
  Walk& second = sequence(table, 1, 1000);
  EXPECT_EQ(&table.stalest(), &first);
  table.touch(first, 5);
  EXPECT_EQ(&table.stalest(), &second);
}

}  // namespace
}  // namespace neurofs
