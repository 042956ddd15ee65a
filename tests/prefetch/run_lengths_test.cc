#include "core/prefetch/run_lengths.h"

#include <gtest/gtest.h>

#include "core/prefetch/recent_reads.h"

namespace neurofs {
namespace {

TEST(RunLengths, KnowsNothingAtFirst) {
  const RunLengths runs;
  EXPECT_EQ(runs.reach(1, 1, 3, 0.5F), RunLengths::kUnknown);
}

TEST(RunLengths, ReachesTheUsualEnd) {
  RunLengths runs;
  for (int i = 0; i < 20; ++i) runs.note(1, 1, 10);
  EXPECT_EQ(runs.reach(1, 1, 3, 0.5F), 7u);
  EXPECT_EQ(runs.reach(1, 1, 10, 0.5F), 0u);
  EXPECT_EQ(runs.reach(1, 1, 11, 0.5F), RunLengths::kUnknown);  // longer than any
  EXPECT_EQ(runs.reach(1, 1, UINT64_MAX, 0.5F), RunLengths::kUnknown);
}

TEST(RunLengths, AsksForTheProbability) {
  RunLengths runs;
  for (int i = 0; i < 40; ++i) runs.note(1, 64, i % 4 == 0 ? 20 : 4);
  EXPECT_EQ(runs.reach(1, 64, 2, 0.5F), 2u);
  EXPECT_EQ(runs.reach(1, 64, 2, 0.1F), 18u);
  runs.note(7, -1, UINT64_MAX);  // of any length
}

TEST(RunLengths, Forgets) {
  RunLengths runs;
  for (int i = 0; i < 100; ++i) runs.note(1, 1, 5);
  for (int i = 0; i < 100; ++i) runs.note(1, 1, 30);
  EXPECT_EQ(runs.reach(1, 1, 2, 0.6F), 28u);
}

using Evidence = RecentReads::Evidence;

TEST(RecentReads, FindsThreeAtEqualDistances) {
  const GridSteps grid({}, 1'000'000);
  RecentReads recent;
  EXPECT_EQ(recent.find(100, 1, grid).evidence, Evidence::kNone);
  recent.add(100, 1);
  recent.add(55'000, 1);
  recent.add(117, 1);
  recent.add(99'000, 1);
  const RecentReads::Found found = recent.find(134, 1, grid);
  EXPECT_EQ(found.evidence, Evidence::kStride);
  EXPECT_EQ(found.step, 17);
  EXPECT_EQ(recent.find(134, 2, grid).evidence, Evidence::kNone);  // of another length
  EXPECT_TRUE(recent.find(117, 1, grid).repeated);
}

TEST(RecentReads, PrefersNaturalSteps) {
  const GridSteps grid({100, 100, 100}, 1'000'000);
  RecentReads recent;
  for (const int64_t block : {1000, 1100, 1193}) recent.add(block, 1);
  EXPECT_EQ(recent.find(1200, 1, grid).evidence, Evidence::kLikelyStride);
  EXPECT_EQ(recent.find(1200, 1, grid).step, 100);
  EXPECT_EQ(recent.find(1194, 1, grid).evidence, Evidence::kPair);
}

TEST(RecentReads, OldReadsAreForgotten) {
  const GridSteps grid({}, 1'000'000);
  RecentReads recent;
  recent.add(10, 1);
  recent.add(20, 1);
  for (int64_t i = 0; i < 200; ++i) recent.add(1000 + i * i, 1);
  EXPECT_EQ(recent.find(30, 1, grid).evidence, Evidence::kNone);
}

TEST(RecentReads, LongReadsContinueEachOther) {
  const GridSteps grid({}, 1'000'000);
  RecentReads recent;
  recent.add(1000, 256);
  EXPECT_EQ(recent.find(1256, 200, grid).evidence, Evidence::kContinues);
  EXPECT_EQ(recent.find(1257, 200, grid).evidence, Evidence::kNone);
}

}  // namespace
}  // namespace neurofs
