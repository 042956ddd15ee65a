// The disk cache's policy against traces, with the exact counts of misses.

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "tests/storage/disk_cache/log_cache_model.h"

namespace neurofs {
namespace {

constexpr size_t kCapacity = 1024;  // blocks; segments of 16
constexpr size_t kSegment = 16;

test::LogCacheModel cache_of_1024() {
  return test::LogCacheModel(kCapacity, kSegment, 8 * kCapacity);
}

size_t misses(test::LogCacheModel& cache, uint64_t first, uint64_t count) {
  size_t missed = 0;
  for (uint64_t block = first; block < first + count; ++block) missed += !cache.get(block);
  return missed;
}

// A plain LRU or FIFO of that size would have none of the hot blocks left.
TEST(LogPolicy, AScanThatPassesOnceLeavesTheHotBlocks) {
  auto cache = cache_of_1024();
  for (int round = 0; round < 3; ++round) misses(cache, 0, 500);
  EXPECT_EQ(misses(cache, 0, 500), 0U);
  EXPECT_EQ(misses(cache, 1'000'000, 100'000), 100'000U);
  EXPECT_EQ(misses(cache, 0, 500), 62U);  // an eighth of a segment is never kept
}

// LRU and FIFO miss all of it, the best there can be four fifths.
TEST(LogPolicy, KeepsAPartOfALoopLargerThanItself) {
  auto cache = cache_of_1024();
  misses(cache, 0, 5 * kCapacity);
  size_t missed = 0;
  for (int round = 0; round < 40; ++round) missed += misses(cache, 0, 5 * kCapacity);
  EXPECT_EQ(missed, 180304U) << "of " << 40 * 5 * kCapacity;
}

// Each block is read in eight windows one after the other, and never again. Of 8 reads LRU misses one.
TEST(LogPolicy, LearnsWindowsThatOverlap) {
  auto cache = cache_of_1024();
  constexpr uint64_t kWindow = 800;
  size_t missed = 0;
  size_t reads = 0;
  for (uint64_t at = 0; at < 100'000; at += kWindow / 8, reads += kWindow) {
    missed += misses(cache, at, kWindow);
  }
  EXPECT_EQ(missed, 100985U) << "of " << reads;
}

// Half of the reads of a hundredth of the blocks, a fourth of the next, and so on, beside a stranger each time.
TEST(LogPolicy, HotBlocksAmongStrangers) {
  auto cache = cache_of_1024();
  std::mt19937_64 random(4);
  size_t missed = 0;
  for (uint64_t n = 0; n < 200'000; ++n) {
    const auto rank = static_cast<uint64_t>(std::countr_zero(random() | 1U << 12));
    missed += !cache.get(rank * 100 + random() % 100);
    cache.get(1'000'000 + n);
  }
  EXPECT_EQ(missed, 2611U);
}

}  // namespace
}  // namespace neurofs
