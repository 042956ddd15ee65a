#include "core/geometry/region.h"

#include <gtest/gtest.h>

namespace neurofs {
namespace {

constexpr Index kMax = INT64_MAX;

AxisSlice slice(Index start, Index count, Index step = 1) {
  return {.start = start, .count = count, .step = step};
}
AxisSlice drop(Index at) {
  return {.start = at, .count = 1, .step = 1, .drop = true};
}

Region region(std::initializer_list<AxisSlice> axes) {
  return {{axes.begin(), axes.end()}};
}

Code code_of(std::string_view text, const Dims& shape) {
  return parse_region(text, shape).status().code();
}

void expect_region(std::string_view text, const Dims& shape, const Region& expected) {
  const auto parsed = parse_region(text, shape);
  ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status().to_string();
  EXPECT_EQ(*parsed, expected) << text << " gave " << to_string(*parsed, shape);
}

TEST(ParseRegion, FollowsNumPyBasicIndexing) {
  expect_region("0:100,5,::2", {200, 10, 7}, region({slice(0, 100), drop(5), slice(0, 4, 2)}));
  expect_region("...,3", {4, 5, 6}, region({slice(0, 4), slice(0, 5), drop(3)}));
  expect_region("3,...", {4, 5, 6}, region({drop(3), slice(0, 5), slice(0, 6)}));
  expect_region("1,...,2", {4, 5}, region({drop(1), drop(2)}));
  expect_region("-5:", {12}, region({slice(7, 5)}));
  expect_region("-1", {12}, region({drop(11)}));
  expect_region("-0", {12}, region({drop(0)}));
  expect_region("::-1", {5}, region({slice(4, 5, -1)}));
  expect_region("7:2:-2", {10}, region({slice(7, 3, -2)}));
  expect_region("3", {4, 5}, region({drop(3), slice(0, 5)}));
  expect_region(":", {4, 5}, whole_region({4, 5}));
  expect_region("...", {}, Region{});
  expect_region("1::", {3}, region({slice(1, 2)}));
  expect_region("::", {3}, region({slice(0, 3)}));
}

TEST(ParseRegion, ClipsSlicesAsNumPyDoes) {
  expect_region("2:1000", {5}, region({slice(2, 3)}));
  expect_region("-1000:2", {5}, region({slice(0, 2)}));
  expect_region("4:1", {5}, region({slice(0, 0)}));
  expect_region("9:20", {5}, region({slice(0, 0)}));
  expect_region("100::-3", {5}, region({slice(4, 2, -3)}));
  expect_region(":-100:-1", {5}, region({slice(4, 5, -1)}));
  expect_region("::100", {5}, region({slice(0, 1)}));
  expect_region(":", {0}, region({slice(0, 0)}));
  expect_region("::-1", {0}, region({slice(0, 0)}));
}

TEST(ParseRegion, S2HugeNumbersSaturateInSlicesAndAreOutOfRangeAsIndexes) {
  const std::string huge(60, '9');
  expect_region("0:" + huge, {5}, region({slice(0, 5)}));
  expect_region("-" + huge + ":" + huge + ":" + huge, {5}, region({slice(0, 1)}));
  expect_region(huge + ":-" + huge + ":-" + huge, {5}, region({slice(4, 1)}));
  expect_region("18446744073709551616:", {5}, region({slice(0, 0)}));
  expect_region("::9223372036854775807", {kMax}, region({slice(0, 1)}));
  expect_region("::9223372036854775806", {kMax}, region({slice(0, 2, kMax - 1)}));
  expect_region("::-9223372036854775808", {kMax}, region({slice(kMax - 1, 1)}));
  expect_region("-1", {kMax}, region({drop(kMax - 1)}));
  EXPECT_EQ(code_of(huge, {5}), Code::kInvalidArgument);
  EXPECT_EQ(code_of("-" + huge, {5}), Code::kInvalidArgument);
  EXPECT_EQ(code_of("-9223372036854775808", {kMax}), Code::kInvalidArgument);
}

TEST(ParseRegion, WellFormedTextThatDoesNotFitIsInvalid) {
  EXPECT_EQ(code_of("5", {5}), Code::kInvalidArgument);
  EXPECT_EQ(code_of("-6", {5}), Code::kInvalidArgument);
  EXPECT_EQ(code_of("0", {0}), Code::kInvalidArgument);
  EXPECT_EQ(code_of("0,0", {5}), Code::kInvalidArgument);
  EXPECT_EQ(code_of(":", {}), Code::kInvalidArgument);
  EXPECT_EQ(code_of("::0", {5}), Code::kInvalidArgument);
  EXPECT_EQ(code_of("...,...", {5, 5}), Code::kInvalidArgument);
  EXPECT_EQ(code_of(":", {kMax, 2}), Code::kOverflow);
}

TEST(ParseRegion, S1TextThatIsNoRegionIsNotFound) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view text :
       {""sv,     " "sv,      "."sv,    ".."sv,           "../.."sv,     "/"sv,
        "5/"sv,   "%2e%2e"sv, "0x10"sv, "\xef\xbc\x91"sv, "a:b:c:d:e"sv, "1:2:3:4"sv,
        "5\n"sv,  "5\0"sv,    "\0"sv,   "5 "sv,           " 5"sv,        "5, 6"sv,
        "5,"sv,   ",5"sv,     "-"sv,    "--5"sv,          "+5"sv,        "007"sv,
        "00"sv,   "1e3"sv,    "1.0"sv,  "1_0"sv,          "None"sv,      "\xff\xfe"sv,
        "...."sv, "..,"sv,    "[0]"sv,  "0:1;2"sv,        "-:"sv,        "::-"sv}) {
    EXPECT_EQ(code_of(text, {10, 10, 10, 10, 10}), Code::kNotFound) << '"' << text << '"';
  }
  EXPECT_EQ(code_of(std::string(1'000'000, '9'), {5}), Code::kNotFound);
  EXPECT_EQ(code_of(std::string(256, '9') + ":", {5}), Code::kNotFound);
  EXPECT_TRUE(parse_region("0:" + std::string(253, '9'), {5}).ok());
}

TEST(ParseRegion, MessagesCannotForgeLogLines) {
  const auto parsed = parse_region("5\nroot: fine", {10});
  EXPECT_EQ(parsed.status().message().find('\n'), std::string::npos);
}

TEST(RegionText, IsTheShortestThatParsesBack) {
  const auto canonical = [](std::string_view text, const Dims& shape) {
    return to_string(*parse_region(text, shape), shape);
  };
  EXPECT_EQ(canonical("0:100,5,0:7:2", {200, 10, 7}), ":100,5,::2");
  EXPECT_EQ(canonical(":,:,:,3", {4, 5, 6, 7}), "...,3");
  EXPECT_EQ(canonical("...,3", {4, 5, 6}), ":,:,3");
  EXPECT_EQ(canonical(":,:,:,:,3", {4, 4, 4, 4, 4, 4}), "...,3,:");
  EXPECT_EQ(canonical(":,:,:,3", {4, 4, 4, 4, 4, 4, 4}), ":,:,:,3");
  EXPECT_EQ(canonical("3,:,:", {4, 5, 6}), "3");
  EXPECT_EQ(canonical("...", {4, 5}), ":");
  EXPECT_EQ(canonical("...", {}), "...");
  EXPECT_EQ(canonical("4::-1", {5}), "::-1");
  EXPECT_EQ(canonical("7:2:-2", {10}), "7:1:-2");
  EXPECT_EQ(canonical("3:4", {10}), "3:4");
  EXPECT_EQ(canonical("9:2", {10}), ":0");
}

TEST(RegionShape, DroppedAxesLeaveTheResult) {
  const Region r = *parse_region("2,1:3,::-1", {4, 5, 6});
  EXPECT_EQ(r.result_shape(), (Dims{2, 6}));
  EXPECT_EQ(r.full_shape(), (Dims{1, 2, 6}));
}

}  // namespace
}  // namespace neurofs
