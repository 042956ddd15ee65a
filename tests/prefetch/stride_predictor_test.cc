#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "core/prefetch/predictor.h"

namespace neurofs {
namespace {

class StrideTest : public testing::Test {
 protected:
  void make(uint64_t blocks, uint64_t ahead) {
    predictor = PredictorRegistry::instance().find("stride")->factory({blocks, ahead});
  }
  // Reads and collects what was proposed; counts how many blocks of the read had been proposed.
  void read(uint64_t first, uint64_t count = 1, uint64_t stream = 1) {
    uint64_t foreseen = 0;
    for (uint64_t b = first; b < first + count; ++b) foreseen += proposed.count(b);
    covered += foreseen;
    std::vector<Proposal> out;
    predictor->observe(
        {stream, {first, count}, foreseen == count ? AccessOutcome::kHit : AccessOutcome::kMiss},
        &out);
    for (const auto& [r, group] : out) {
      EXPECT_TRUE(predictor->wants(group));
      for (uint64_t b = r.first; b < r.first + r.count; ++b) {
        EXPECT_TRUE(proposed.insert(b).second) << "block " << b << " proposed twice";
        largest = std::max(largest, b);
      }
    }
  }
  std::unique_ptr<Predictor> predictor;
  std::set<uint64_t> proposed;
  uint64_t covered = 0;
  uint64_t largest = 0;
};

TEST_F(StrideTest, FollowsASequence) {
  make(1000, 16);
  for (uint64_t b = 0; b < 100; ++b) read(b);
  EXPECT_GE(covered, 96u);
  EXPECT_LE(largest, 99u + 17);
}

TEST_F(StrideTest, FollowsAStride) {
  make(10000, 16);
  for (uint64_t b = 0; b < 100; ++b) read(b * 7);
  EXPECT_GE(covered, 95u);
}

TEST_F(StrideTest, FollowsANegativeStrideAndStopsAtTheStart) {
  make(1000, 16);
  for (uint64_t b = 100; b-- > 0;) read(b * 3);
  EXPECT_GE(covered, 95u);
}

TEST_F(StrideTest, StopsAtTheEndOfTheField) {
  make(100, 64);
  for (uint64_t b = 0; b < 100; ++b) read(b);
  EXPECT_LT(largest, 100u);
}

TEST_F(StrideTest, ToleratesOvertakingReads) {
  make(100000, 64);
  for (uint64_t b = 0; b < 8; b += 2) read(b, 2);  // read-ahead begins with one request at a time
  for (uint64_t b = 8; b < 400; b += 4) {
    read(b + 2, 2);
    read(b, 2);
  }
  EXPECT_GE(covered, 350u);
}

TEST_F(StrideTest, IsSilentOnRandomReads) {
  make(1'000'000, 64);
  std::mt19937_64 random(7);
  for (int i = 0; i < 5000; ++i) read(random() % 1'000'000);
  EXPECT_LE(proposed.size(), 20u);
}

TEST_F(StrideTest, IsSilentWhileItDoesNotPay) {
  make(1'000'000, 16);
  for (uint64_t b = 0; b < 10; ++b) read(b);
  for (uint64_t b = 10; b < 74; ++b) predictor->wasted(b);
  const size_t before = proposed.size();
  for (uint64_t b = 10; b < 500; ++b) read(b);
  EXPECT_EQ(proposed.size(), before);
}

TEST_F(StrideTest, ManyStreamsStayBounded) {
  make(1'000'000'000, 16);
  for (uint64_t s = 0; s < 10'000; ++s) read(s * 1000, 1, s);
  SUCCEED();
}

TEST_F(StrideTest, AStreamThatBreaksOffWantsNoMore) {
  make(1'000'000, 16);
  std::vector<Proposal> out;
  for (uint64_t b = 0; b < 50; b += 7) predictor->observe({1, {b, 1}, AccessOutcome::kHit}, &out);
  ASSERT_FALSE(out.empty());
  const uint32_t group = out.back().group;
  EXPECT_TRUE(predictor->wants(group));
  predictor->observe({1, {500'000, 1}, AccessOutcome::kMiss}, &out);
  EXPECT_FALSE(predictor->wants(group));
}

TEST_F(StrideTest, TakesAnyNumbers) {
  make(1000, 16);
  for (int i = 0; i < 4; ++i) {
    read(UINT64_MAX - i, 3);
    read(999, UINT64_MAX);
    read(5, 0);
  }
  EXPECT_LT(largest, 1000u);
}

TEST(PredictorRegistry, RegisteredNames) {
  std::vector<std::string> names;
  for (const auto& [name, plugin] : PredictorRegistry::instance().all()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"adaptive", "none", "stride"}));
}

}  // namespace
}  // namespace neurofs
