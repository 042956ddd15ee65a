#include "core/base/fast_div.h"

#include <gtest/gtest.h>

#include <random>

namespace neurofs {
namespace {

void check(uint64_t divisor, uint64_t value) {
  uint64_t rest = 0;
  ASSERT_EQ(FastDiv(divisor).divide(value, &rest), value / divisor) << value << " / " << divisor;
  ASSERT_EQ(rest, value % divisor) << value << " % " << divisor;
}

TEST(FastDiv, EdgesOfSixtyFourBits) {
  for (const uint64_t d : {uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{1000}, uint64_t{1} << 32,
                           (uint64_t{1} << 63) - 1, uint64_t{1} << 63}) {
    for (const uint64_t v : {uint64_t{0}, uint64_t{1}, d - 1, d, d + 1, UINT64_MAX - 1, UINT64_MAX,
                             uint64_t{86'000'000'000}}) {
      check(d, v);
    }
  }
}

TEST(FastDiv, RandomPairsOfAllSizes) {
  std::mt19937_64 random(20261124);
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t divisor = (random() >> (1 + random() % 63)) + 1;
    check(divisor, random() >> (random() % 64));
    check(divisor, random());
  }
}

}  // namespace
}  // namespace neurofs
