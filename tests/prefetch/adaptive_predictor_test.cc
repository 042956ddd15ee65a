// The adaptive predictor alone: what it proposes for reads of one and of many blocks, and that no
// input harms it. How much it saves is judged by tests/engine/replay_families_test.cc.

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "core/prefetch/predictor.h"

namespace neurofs {
namespace {

class AdaptiveTest : public testing::Test {
 protected:
  void make(const PredictorLimits& with) {
    limits = with;
    predictor = PredictorRegistry::instance().find("adaptive")->factory(with);
  }
  // Reads; counts blocks, and those of them that had been proposed.
  void read(uint64_t first, uint64_t count = 1, uint64_t stream = 1) {
    uint64_t foreseen = 0;
    for (uint64_t b = first; b < first + count; ++b) foreseen += proposed.erase(b);
    blocks += count;
    covered += foreseen;
    out.clear();
    const auto outcome = foreseen == count ? AccessOutcome::kHit : AccessOutcome::kMiss;
    predictor->observe({stream, {first, count}, outcome}, &out);
    for (const auto& [run, group] : out) {
      ASSERT_GT(run.count, 0u);
      ASSERT_LE(run.first, limits.block_count);
      ASSERT_LE(run.count, limits.block_count - run.first);
      ASSERT_LE(run.count, limits.max_ahead_blocks);
      EXPECT_TRUE(predictor->wants(group));
      largest = std::max(largest, run.count);
      started += run.count;
      for (uint64_t b = run.first; b < run.first + run.count; ++b) proposed.insert(b);
    }
  }

  PredictorLimits limits;
  std::unique_ptr<Predictor> predictor;
  std::vector<Proposal> out;
  std::set<uint64_t> proposed;
  uint64_t blocks = 0;
  uint64_t covered = 0;
  uint64_t started = 0;
  uint64_t largest = 0;
};

PredictorLimits large() {
  return {1'000'000, 4096, 65536, Dims{100, 100, 100}};
}

TEST_F(AdaptiveTest, ALongSequenceOfLongReadsGetsLargeProposals) {
  make(large());
  for (uint64_t b = 0; b < 200; ++b) read(b * 256, 256);
  EXPECT_GE(covered, 198 * 256u);
  EXPECT_GE(largest, 256u);
  EXPECT_LE(started, 210 * 256u);
}

TEST_F(AdaptiveTest, ASequenceMayVaryTheLengthOfItsReads) {
  make(large());
  std::mt19937_64 random(5);
  for (uint64_t b = 0; b < 100'000;) {
    const uint64_t count = 1 + random() % 255;
    read(b, count);
    b += count;
  }
  EXPECT_GE(covered * 100, blocks * 98);
}

// 1 MiB at a time that does not begin at a block: each read touches the last block of the one before.
TEST_F(AdaptiveTest, ASequenceMayOverlapItself) {
  make(large());
  for (uint64_t i = 0; i < 200; ++i) read(i * 256, 257);
  EXPECT_LE(started, blocks + limits.max_ahead_blocks);
  EXPECT_GE(covered, 195 * 256u);
}

TEST_F(AdaptiveTest, ReadsOfASequenceMayOvertakeEachOther) {
  make(large());
  for (uint64_t b = 0; b < 64; b += 32) read(b, 32);
  for (uint64_t b = 64; b < 32'000; b += 64) {
    read(b + 32, 32);
    read(b, 32);
  }
  EXPECT_GE(covered * 100, blocks * 97);
  EXPECT_LE(started * 100, blocks * 110);
}

TEST_F(AdaptiveTest, RowsOfARegionAreProposedAsRuns) {
  make(large());
  for (uint64_t z = 0; z < 8; ++z) {
    for (uint64_t y = 0; y < 50; ++y) read(z * 10'000 + y * 100, 16);
  }
  EXPECT_GE(covered * 100, blocks * 90);
  EXPECT_EQ(largest, 16u);
}

TEST_F(AdaptiveTest, LongReadsAtRandomPlacesForetellNothing) {
  make(large());
  std::mt19937_64 random(3);
  for (int i = 0; i < 5000; ++i) read(random() % 990'000, 256);
  EXPECT_LE(started * 200, blocks);  // by chance one begins where another ended
}

TEST_F(AdaptiveTest, RepeatedReadsOfABlockCostNothing) {
  make(large());
  for (uint64_t b = 0; b < 400; ++b) read(b / 4);
  EXPECT_GE(covered, 95u);
  EXPECT_LE(started, 300u);
}

TEST_F(AdaptiveTest, AScanSharedByReadersIsOneScan) {
  make(large());
  for (uint64_t b = 0; b < 3000; ++b) read(b, 1, b % 3);
  EXPECT_GE(covered, 2980u);
}

TEST_F(AdaptiveTest, StaysWithinWhatItMayFetchAhead) {
  make({1'000'000, 32, 4096, Dims{}});
  for (uint64_t b = 0; b < 2000; ++b) {
    read(b * 3);
    EXPECT_LE(proposed.size(), 33u);
  }
  EXPECT_GE(covered, 1990u);
}

// A read of more blocks than may be ahead gets their begin, whatever rule foresees it.
TEST(Predictors, KeepToWhatMayBeAheadOfLongReads) {
  for (const std::string name : {"adaptive", "stride", "none"}) {
    const auto predictor = PredictorRegistry::instance().find(name)->factory(
        {10'000'000, 1024, 65536, Dims{100, 100'000}});
    std::vector<Proposal> out;
    for (uint64_t i = 0; i < 40; ++i) {
      out.clear();
      predictor->observe({1, {i * 100'000, 5000}, AccessOutcome::kMiss}, &out);
      uint64_t proposed = 0;
      for (const Proposal& p : out) proposed += p.run.count;
      EXPECT_LE(proposed, 1024u) << name;
    }
    EXPECT_EQ(out.empty(), name == "none") << name;
  }
}

// Reads whose blocks are not where they are told to be: all but the first of those proposed is in vain.
class InVain : public AdaptiveTest {
 protected:
  void read_in_vain(uint64_t first, uint64_t count) {
    out.clear();
    predictor->observe({1, {first, count}, AccessOutcome::kMiss}, &out);
    fetched.erase(first);
    for (const Proposal& p : out) {
      started += p.run.count;
      for (uint64_t b = p.run.first; b < p.run.first + p.run.count; ++b) {
        if (fetched.insert(b).second) queue.push_back(b);
      }
    }
    for (; queue.size() > 2048; queue.pop_front()) {
      if (fetched.erase(queue.front()) != 0) predictor->wasted(queue.front());
    }
  }
  std::set<uint64_t> fetched;
  std::deque<uint64_t> queue;
};

TEST_F(InVain, AWalkThatWasLongForeseenFallsSilent) {
  make(large());
  for (uint64_t i = 0; i < 2000; ++i) read_in_vain(i * 128, 128);
  EXPECT_LE(started, 20'000u);
}

TEST_F(InVain, SoDoesAWalkOfLongElements) {
  make({10'000'000, 4096, 65536, Dims{100, 100'000}});
  for (uint64_t i = 0; i < 2000; ++i) read_in_vain(i * 4096, 256);
  EXPECT_LE(started, 30'000u);
}

// It may try again, and is believed when it was right.
TEST_F(InVain, WhatPaysAgainIsFetchedAgain) {
  make(large());
  for (uint64_t i = 0; i < 500; ++i) read_in_vain(i * 128, 128);
  for (uint64_t i = 500; i < 2000; ++i) read(i * 128, 128);
  proposed.clear();
  blocks = covered = 0;
  for (uint64_t i = 2000; i < 4000; ++i) read(i * 128, 128);
  EXPECT_GE(covered * 100, blocks * 95);
}

TEST_F(AdaptiveTest, IsSilentWhereNothingMayBeFetched) {
  make({1000, 0, 64, Dims{}});
  for (uint64_t b = 0; b < 500; ++b) read(b);
  EXPECT_EQ(started, 0u);
}

TEST_F(AdaptiveTest, AWalkThatWasForgottenWantsNoMore) {
  make(large());
  for (uint64_t b = 0; b < 20; ++b) read(b * 7);
  ASSERT_FALSE(out.empty());
  const uint32_t group = out.back().group;
  EXPECT_TRUE(predictor->wants(group));
  std::mt19937_64 random(41);
  for (uint64_t s = 0; s < 200; ++s) {
    const uint64_t at = 1000 + random() % 900'000;
    for (uint64_t b = 0; b < 4; ++b) read(at + b * 9, 1, s + 2);
  }
  EXPECT_FALSE(predictor->wants(group));
  EXPECT_FALSE(predictor->wants(0));
}

TEST_F(AdaptiveTest, GoesLessFarWhenProposalsAreEvicted) {
  make(large());
  for (uint64_t b = 0; b < 200; ++b) {
    out.clear();
    predictor->observe({1, {b * 5, 1}, AccessOutcome::kMiss}, &out);
  }
  const auto ahead_of = [this](uint64_t at) {
    uint64_t furthest = at;
    for (const Proposal& p : out) furthest = std::max(furthest, p.run.first);
    return (furthest - at) / 5;
  };
  uint64_t before = 0;
  for (uint64_t b = 200; b < 400; ++b) {
    out.clear();
    predictor->observe({1, {b * 5, 1}, AccessOutcome::kHit}, &out);
    before = std::max(before, ahead_of(b * 5));
  }
  for (uint64_t b = 0; b < 64; ++b) predictor->wasted((410 + b) * 5);
  out.clear();
  predictor->observe({1, {400 * 5, 1}, AccessOutcome::kHit}, &out);
  EXPECT_LT(ahead_of(2000), before / 4);
}

TEST_F(AdaptiveTest, TheSameReadsGiveTheSameProposals) {
  std::vector<Proposal> first;
  for (int round = 0; round < 2; ++round) {
    make(large());
    std::mt19937_64 random(17);
    std::vector<Proposal> all;
    for (uint64_t i = 0; i < 20'000; ++i) {
      const uint64_t block = random() % 3 == 0 ? random() % 1'000'000 : i * 3 % 1'000'000;
      predictor->observe({random() % 4, {block, 1 + random() % 2}, AccessOutcome::kMiss}, &all);
      if (random() % 8 == 0) predictor->wasted(random() % 1'000'000);
    }
    if (round == 0) {
      first = all;
      continue;
    }
    ASSERT_EQ(all.size(), first.size());
    for (size_t i = 0; i < all.size(); ++i) {
      ASSERT_EQ(all[i].run, first[i].run);
      ASSERT_EQ(all[i].group, first[i].group);
    }
  }
}

class AnyNumbers : public AdaptiveTest, public testing::WithParamInterface<std::string> {};

TEST_P(AnyNumbers, AreTaken) {
  const std::vector<PredictorLimits> fields = {
      {0, 64, 64, Dims{}},
      {1, 64, 64, Dims{1}},
      {2, UINT64_MAX, 0, Dims{}},
      {UINT64_MAX, UINT64_MAX, UINT64_MAX, Dims{}},
      {1000, 64, 1, Dims{10, 100}},
      {1000, 64, 64, Dims{0, -5, INT64_MAX}},
      {uint64_t{1} << 62, 64, 64, Dims{Index{1} << 31, Index{1} << 31}}};
  std::mt19937_64 random(23);
  for (const PredictorLimits& with : fields) {
    limits = with;
    predictor = PredictorRegistry::instance().find(GetParam())->factory(with);
    const uint64_t n = with.block_count;
    const auto any = [&]() -> uint64_t {
      switch (random() % 6) {
        case 0:
          return random();
        case 1:
          return n - 1 - random() % 4;
        case 2:
          return n + random() % 4;
        case 3:
          return random() % 8;
        case 4:
          return n / 2 + random() % 4;
        default:
          return n == 0 ? 0 : random() % n;
      }
    };
    for (int i = 0; i < 20'000; ++i) {
      out.clear();
      const BlockRun run{any(), random() % 3 == 0 ? any() : random() % 3};
      predictor->observe({random() % 200, run, static_cast<AccessOutcome>(random() % 3)}, &out);
      if (random() % 2 == 0) predictor->wasted(any());
      std::map<uint32_t, uint64_t> ahead;
      for (const Proposal& p : out) {
        ASSERT_LT(p.run.first, n);
        ASSERT_LE(p.run.count, n - p.run.first);
        ASSERT_LE(p.run.count, with.max_ahead_blocks - ahead[p.group]);
        ahead[p.group] += p.run.count;
        predictor->wants(p.group);
      }
    }
    ASSERT_LE(predictor->memory_bytes(), size_t{2} << 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Predictors, AnyNumbers, testing::Values("adaptive", "stride", "none"));

TEST_F(AdaptiveTest, WhatItKeepsOverARestartHelpsAtOnce) {
  make(large());
  std::mt19937_64 random(29);
  std::vector<uint64_t> order(3000);
  for (uint64_t& b : order) b = random() % 1'000'000;
  for (const uint64_t b : order) read(b);
  EXPECT_EQ(covered, 0u);
  const std::string saved = predictor->save();
  make(large());
  ASSERT_TRUE(predictor->restore(saved));
  for (const uint64_t b : order) read(b);
  EXPECT_GE(covered, 2900u);
  EXPECT_FALSE(predictor->restore("no state"));
  EXPECT_FALSE(predictor->restore(saved.substr(1)));
}

// A group may hold a hundred thousand arrays, few of which are ever read.
TEST_F(AdaptiveTest, CostsNothingBeforeItIsReadAtTwoPlaces) {
  make(large());
  EXPECT_LE(predictor->memory_bytes(), 1024u);
  for (int i = 0; i < 5; ++i) read(77, 1);
  EXPECT_LE(predictor->memory_bytes(), 1024u);
  EXPECT_EQ(predictor->save(), "");
  predictor->wasted(77);
  EXPECT_FALSE(predictor->wants(64));
  for (uint64_t b = 78; b < 90; ++b) read(b);
  EXPECT_GE(covered, 9u) << "the first read counts";
}

TEST_F(AdaptiveTest, ManyThatAreReadOnceTakeNoMemory) {
  const size_t before = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
  std::vector<std::unique_ptr<Predictor>> many;
  for (int i = 0; i < 1000; ++i) {
    make(large());
    read(5);
    many.push_back(std::move(predictor));
  }
  const size_t after = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
  EXPECT_LE(after, before + (size_t{2} << 20));
}

TEST_F(AdaptiveTest, NeedsAtMostTwoMebibytes) {
  make(large());
  std::mt19937_64 random(31);
  for (int i = 0; i < 300'000; ++i) read(random() % 1'000'000, 1, random() % 100);
  EXPECT_LE(predictor->memory_bytes(), size_t{2} << 20);
}

}  // namespace
}  // namespace neurofs
