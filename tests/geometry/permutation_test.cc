// Permutation: a bijection of every size, both ways, and as even as chance.

#include "core/geometry/permutation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace neurofs {
namespace {

TEST(Permutation, IsABijectionOfEverySmallSize) {
  for (uint64_t size = 1; size <= 700; ++size) {
    const PermutationKeys keys(size * 31);
    const Permutation order(keys, size, size % 5);
    std::vector<bool> seen(size);
    for (uint64_t x = 0; x < size; ++x) {
      const uint64_t y = order.at(x);
      ASSERT_LT(y, size);
      ASSERT_FALSE(seen[y]) << size;
      seen[y] = true;
      ASSERT_EQ(order.position_of(y), x) << size;
    }
  }
}

TEST(Permutation, GoesBothWaysAtEverySize) {
  const PermutationKeys keys(42);
  for (int bits = 0; bits <= 63; ++bits) {
    for (const uint64_t off : {-1, 0, 1}) {
      const uint64_t size = (uint64_t{1} << bits) + off;
      if (size == 0 || size > uint64_t{1} << 63) continue;
      const Permutation order(keys, size);
      for (uint64_t i = 0; i < 20; ++i) {
        const uint64_t x = mix64(i) % size;
        ASSERT_LT(order.at(x), size);
        ASSERT_EQ(order.position_of(order.at(x)), x) << size;
        ASSERT_EQ(order.at(order.position_of(x)), x) << size;
      }
    }
  }
}

TEST(Permutation, ItsNumbersNeverChange) {
  const PermutationKeys keys(42);
  const Permutation order(keys, 1'000'000'007);
  EXPECT_EQ(mix64(1), 0x5692161D100B05E5u);
  EXPECT_EQ(order.at(0), 787448653u);
  EXPECT_EQ(order.at(1'000'000'006), 637681457u);
  EXPECT_EQ(Permutation(keys, 1'000'000'007, 1).at(0), 987728367u);
}

// Deviations are in standard deviations of what chance gives: 5 is one test in a million.
TEST(Permutation, EveryValueComesFirstEquallyOften) {
  constexpr uint64_t kSeeds = 20'000;
  for (const uint64_t size : {3, 16, 100, 257}) {
    std::vector<double> first(size);
    std::vector<double> last(size);
    double fixed = 0;
    double successors = 0;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      const PermutationKeys keys(seed);
      const Permutation order(keys, size);
      ++first[order.at(0)];
      ++last[order.at(size - 1)];
      for (uint64_t x = 0; x < size; ++x) fixed += order.at(x) == x;
      for (uint64_t x = 1; x < size; ++x) successors += order.at(x) == order.at(x - 1) + 1;
    }
    const double expected = static_cast<double>(kSeeds) / static_cast<double>(size);
    const double degrees = static_cast<double>(size - 1);
    for (const auto* counts : {&first, &last}) {
      double chi_square = 0;
      for (const double n : *counts) chi_square += (n - expected) * (n - expected) / expected;
      EXPECT_LT(std::abs(chi_square - degrees) / std::sqrt(2 * degrees), 5) << size;
    }
    const double scatter =
        std::sqrt(static_cast<double>(kSeeds));  // both are nearly Poisson with mean 1
    EXPECT_LT(std::abs(fixed - static_cast<double>(kSeeds)) / scatter, 5) << size;
    EXPECT_LT(
        std::abs(successors - static_cast<double>(kSeeds) * degrees / static_cast<double>(size)) /
            scatter,
        5)
        << size;
  }
}

TEST(Permutation, SeedsAndTweaksGiveUnrelatedOrders) {
  constexpr uint64_t kSize = 5000;
  const PermutationKeys keys(1);
  const PermutationKeys next(2);
  const Permutation order(keys, kSize);
  int seeds = 0;
  int tweaks = 0;
  for (uint64_t x = 0; x < kSize; ++x) {
    seeds += order.at(x) == Permutation(next, kSize).at(x);
    tweaks += order.at(x) == Permutation(keys, kSize, 1).at(x);
  }
  EXPECT_LT(seeds, 10);  // 1 is expected
  EXPECT_LT(tweaks, 10);
}

}  // namespace
}  // namespace neurofs
