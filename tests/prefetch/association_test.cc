#include "core/prefetch/association.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace neurofs {
namespace {

constexpr int64_t kBlocks = 1'000'000;

std::vector<int64_t> shuffled(size_t count, uint64_t seed) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), int64_t{1000});
  std::mt19937_64 random(seed);
  std::shuffle(order.begin(), order.end(), random);
  return order;
}

// Reads an order; returns how many reads had been proposed before.
size_t foretold(Association& association, const std::vector<int64_t>& order) {
  std::set<int64_t> proposed;
  size_t hits = 0;
  Trail trail;
  for (const int64_t block : order) {
    if (proposed.erase(block) > 0) {
      ++hits;
      association.used(false);
    }
    std::vector<int64_t> out;
    association.observe(1, &trail, block, &out);
    proposed.insert(out.begin(), out.end());
  }
  return hits;
}

TEST(Association, ForetellsAnOrderThatComesAgain) {
  Association association(kBlocks, 64);
  const auto order = shuffled(4000, 1);
  EXPECT_EQ(foretold(association, order), 0u);
  EXPECT_GE(foretold(association, order), 3950u);
  EXPECT_GE(foretold(association, order), 3990u);
}

TEST(Association, ForetellsItBackward) {
  Association association(kBlocks, 64);
  auto order = shuffled(4000, 2);
  foretold(association, order);
  std::reverse(order.begin(), order.end());
  EXPECT_GE(foretold(association, order), 3900u);
}

TEST(Association, IsSilentOnOtherOrders) {
  Association association(kBlocks, 64);
  size_t hits = 0;
  for (uint64_t epoch = 0; epoch < 5; ++epoch) hits += foretold(association, shuffled(4000, epoch));
  EXPECT_EQ(hits, 0u);
}

TEST(Association, LearnsANewOrderInPlaceOfTheOld) {
  Association association(kBlocks, 64);
  const auto old = shuffled(4000, 3);
  for (int i = 0; i < 4; ++i) foretold(association, old);
  const auto fresh = shuffled(4000, 4);
  foretold(association, fresh);
  foretold(association, fresh);
  EXPECT_GE(foretold(association, fresh), 3900u);
}

TEST(Association, AnIntruderDoesNotBreakTheOrder) {
  Association association(kBlocks, 64);
  const auto order = shuffled(2000, 5);
  foretold(association, order);
  auto disturbed = order;
  for (size_t at = 1990; at > 0; at -= 10)
    disturbed.insert(disturbed.begin() + static_cast<ptrdiff_t>(at),
                     static_cast<int64_t>(500'000 + at));
  EXPECT_GE(foretold(association, disturbed), 1950u);
  EXPECT_GE(foretold(association, order), 1980u);
}

// Several neurons of a block, each at its place of a shuffled order.
TEST(Association, AnOrderMayPassABlockSeveralTimes) {
  Association association(kBlocks, 64);
  auto order = shuffled(4000, 10);
  for (int64_t& block : order) block /= 4;
  order.erase(std::unique(order.begin(), order.end()), order.end());
  foretold(association, order);
  EXPECT_GE(foretold(association, order) * 100, order.size() * 97);
}

TEST(Association, WhatIsLeftOutDoesNotBreakTheOrder) {
  Association association(kBlocks, 64);
  const auto order = shuffled(2000, 11);
  foretold(association, order);
  foretold(association, order);  // sure of it
  auto shorter = order;
  for (size_t at = 1990; at > 0; at -= 10)
    shorter.erase(shorter.begin() + static_cast<ptrdiff_t>(at));
  EXPECT_GE(foretold(association, shorter), 1750u);
  EXPECT_GE(foretold(association, order), 1950u);
}

TEST(Association, FallsSilentWhenItsProposalsAreNotRead) {
  Association association(kBlocks, 64);
  const auto order = shuffled(2000, 6);
  foretold(association, order);
  foretold(association, order);
  EXPECT_TRUE(association.trusted());
  for (int i = 0; i < 200; ++i) association.wasted();
  EXPECT_FALSE(association.trusted());
}

TEST(Association, IsKeptOverARestart) {
  Association association(kBlocks, 64);
  const auto order = shuffled(4000, 7);
  foretold(association, order);
  const std::string saved = association.save();
  Association next(kBlocks, 64);
  ASSERT_TRUE(next.restore(saved));
  EXPECT_GE(foretold(next, order), 3900u);
  EXPECT_TRUE(Association(kBlocks, 64).save().empty());
}

TEST(Association, RefusesWhatIsNoStateOfIt) {
  Association association(kBlocks, 64);
  foretold(association, shuffled(300, 8));
  const std::string saved = association.save();
  Association other(kBlocks, 64);
  EXPECT_TRUE(other.restore(""));
  EXPECT_FALSE(other.restore("x"));
  EXPECT_FALSE(other.restore(std::string(1000, '\0')));
  EXPECT_FALSE(Association(kBlocks - 1, 64).restore(saved)) << "of another field";
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string bad = saved;
    bad[random() % bad.size()] ^= static_cast<char>(1 << random() % 8);
    EXPECT_FALSE(other.restore(bad));
    EXPECT_FALSE(other.restore(saved.substr(0, random() % saved.size())));
  }
  EXPECT_TRUE(other.save().empty());
  EXPECT_TRUE(other.restore(saved));
}

TEST(Association, ForgetsInsteadOfGrowing) {
  Association association(int64_t{1} << 60, 64);
  std::mt19937_64 random(9);
  std::vector<int64_t> out;
  Trail trail;
  for (size_t i = 0; i < 3 * Association::kLinks; ++i) {
    const auto block = static_cast<int64_t>(random() >> 4);
    association.observe(1, &trail, block, &out);
  }
  EXPECT_LE(association.memory_bytes(), size_t{1600} << 10);
  EXPECT_LE(association.save().size(), Association::kLinks * 24 + 64);
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace neurofs
