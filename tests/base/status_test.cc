#include <gtest/gtest.h>

#include <memory>

#include "core/base/checked.h"
#include "core/base/result.h"

namespace neurofs {
namespace {

TEST(Status, OkIsEmptyAndContextReadsOutsideIn) {
  EXPECT_TRUE(Status().ok());
  EXPECT_EQ(Status().with_context("x").to_string(), "ok");
  const Status inner = corrupt("checksum differs");
  EXPECT_EQ(inner.with_context("shard c/0").to_string(), "corrupt: shard c/0: checksum differs");
}

TEST(Status, EveryCodeHasAName) {
  for (int code = 0; code <= static_cast<int>(Code::kInternal); ++code) {
    EXPECT_NE(code_name(static_cast<Code>(code)), "unknown") << code;
  }
}

Result<std::unique_ptr<int>> half(int n) {
  if (n % 2 != 0) return invalid_argument("odd");
  return std::make_unique<int>(n / 2);
}
Result<int> quarter(int n) {
  NF_ASSIGN(const auto h, half(n));
  NF_ASSIGN(const auto q, half(*h));
  return *q;
}

TEST(Result, MacrosReturnTheFirstFailure) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(6).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(quarter(7).status().message(), "odd");
}

TEST(Checked, RoundUpAndCeilDivDoNotWrap) {
  uint64_t out = 0;
  EXPECT_TRUE(checked_round_up(4097, 4096, &out));
  EXPECT_EQ(out, 8192u);
  EXPECT_FALSE(checked_round_up(UINT64_MAX, 4096, &out));
  EXPECT_EQ(ceil_div(UINT64_MAX, uint64_t{2}), uint64_t{1} << 63);
}

}  // namespace
}  // namespace neurofs
