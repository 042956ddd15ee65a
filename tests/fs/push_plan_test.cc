#include "fs/push_plan.h"

#include <gtest/gtest.h>

#include <set>

namespace neurofs {
namespace {

constexpr uint64_t kFiles = 100'000;

// A program that walks, and a kernel that has what it was given: the daemon is asked for the rest.
struct World {
  PushPlan plan;
  std::set<uint64_t> given;
  uint64_t asked = 0;
  int64_t nearest = INT64_MAX;  // how close to the program a file was pushed, in steps
  bool knows = true;            // whether the kernel knows the files

  void read(uint64_t number) {
    if (given.contains(number)) return;
    ++asked;
    const auto batch = plan.observe(number, kFiles);
    if (!batch) return;
    if (!knows) return plan.refused(batch->count);
    for (int64_t i = 0; i < batch->count; ++i) {
      const uint64_t file = batch->first + static_cast<uint64_t>(i * batch->step);
      EXPECT_LT(file, kFiles);
      given.insert(file);
      nearest = std::min(nearest, (static_cast<int64_t>(file - number)) / batch->step);
    }
  }
};

class PushPlanWalks : public testing::TestWithParam<int64_t> {};

TEST_P(PushPlanWalks, AWalkAsksForOneFileInSixteen) {
  World world;
  for (int64_t i = 0; i < 1600; ++i) world.read(static_cast<uint64_t>(50'000 + i * GetParam()));
  EXPECT_LE(world.asked, 1600u / 16 + 64);
  EXPECT_GE(world.nearest, PushPlan::kBatch) << "a page must not be pushed while it is read";
}

INSTANTIATE_TEST_SUITE_P(Steps, PushPlanWalks, testing::Values(1, -1, 3, -17, 30));

TEST(PushPlan, RandomReadsPushNothing) {
  World world;
  for (uint64_t i = 0; i < 10'000; ++i) world.read(i * i * 2654435761u % kFiles);
  EXPECT_LE(world.given.size(), 16u);
}

TEST(PushPlan, NothingIsPushedWhereTheProgramMayBe) {
  PushPlan plan;
  std::optional<PushPlan::Batch> batch;
  uint64_t at = 0;
  for (; !batch; ++at) batch = plan.observe(at, kFiles);
  EXPECT_TRUE(plan.is_ahead(batch->first));
  // The program comes to the batch before it: all of the batch is as far ahead as that, and no more.
  plan.observe(batch->first - 1 - PushPlan::kBatch, kFiles);
  EXPECT_TRUE(plan.is_ahead(batch->first));
  plan.observe(batch->first - 1, kFiles);
  EXPECT_FALSE(plan.is_ahead(batch->first));
  EXPECT_FALSE(plan.is_ahead(batch->first + 14));
  EXPECT_FALSE(PushPlan().is_ahead(5));
}

TEST(PushPlan, EndsAtTheLastFileAndTheFirst) {
  for (const int64_t step : {1, -1, 7}) {
    World world;
    const uint64_t start = step > 0 ? kFiles - 40 : 40;
    for (int64_t i = 0; i < 39 / std::abs(step); ++i) {
      world.read(start + static_cast<uint64_t>(i * step));
    }
  }
  PushPlan plan;
  for (const uint64_t huge : {UINT64_MAX, UINT64_MAX / 2, uint64_t{0}, UINT64_MAX / 2 + 1}) {
    for (int i = 0; i < 8; ++i) EXPECT_FALSE(plan.observe(huge * static_cast<uint64_t>(i), kFiles));
  }
}

TEST(PushPlan, AWalkOfFilesThatTheKernelDoesNotKnowIsLeftAlone) {
  World world;
  world.knows = false;
  uint64_t batches = 0;
  PushPlan& plan = world.plan;
  for (uint64_t i = 0; i < 1000; ++i) {
    if (const auto batch = plan.observe(i, kFiles)) {
      ++batches;
      plan.refused(batch->count);
    }
  }
  EXPECT_LE(batches, PushPlan::kStrikes + 1);
}

// The kernel dropped what it was given, or others read it before.
TEST(PushPlan, StopsWhereItsPushesAreForNothing) {
  PushPlan plan;
  uint64_t batches = 0;
  for (uint64_t i = 0; i < 1000; ++i) batches += plan.observe(i, kFiles).has_value() ? 1 : 0;
  const uint64_t most = PushPlan::kStrikes + PushPlan::kLead + 1;
  EXPECT_LE(batches, most) << "every file was asked for all the same";
  // And tries again later.
  for (uint64_t i = 1000; i < 3000; ++i) batches += plan.observe(i, kFiles).has_value() ? 1 : 0;
  EXPECT_GT(batches, most);
}

}  // namespace
}  // namespace neurofs
