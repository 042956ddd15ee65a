#include "core/geometry/shape.h"

#include <gtest/gtest.h>

#include "core/geometry/box.h"

namespace neurofs {
namespace {

constexpr Index kMax = INT64_MAX;

TEST(ElementCount, IsCheckedAndKnowsEmptyAxes) {
  EXPECT_EQ(*element_count({}), 1);
  EXPECT_EQ(*element_count({86'000'000'000, 1000}), 86'000'000'000'000);
  EXPECT_EQ(*element_count({5, 0}), 0);
  EXPECT_EQ(element_count({kMax, 2}).status().code(), Code::kOverflow);
  EXPECT_EQ(element_count({0, kMax, 2}).status().code(), Code::kOverflow);
  EXPECT_EQ(element_count({-1}).status().code(), Code::kInvalidArgument);
}

TEST(Shape, StridesAndText) {
  EXPECT_EQ(c_order_strides({2, 3, 4}, 8), (Dims{96, 32, 8}));
  EXPECT_EQ(c_order_strides({2, 0, 4}), (Dims{4, 4, 1}));
  EXPECT_EQ(to_string(Dims{}), "()");
  EXPECT_EQ(to_string(Dims{5}), "(5,)");
  EXPECT_EQ(to_string(Dims{5, 6}), "(5, 6)");
}

TEST(Intersect, OverlapsOrIsEmpty) {
  const Box a{{0, 2}, {4, 4}};
  EXPECT_EQ(intersect(a, Box{{1, 0}, {2, 3}}), (Box{{1, 2}, {2, 1}}));
  EXPECT_TRUE(intersect(a, Box{{4, 2}, {4, 4}}).empty());
  EXPECT_FALSE(intersect(Box{}, Box{}).empty());
}

TEST(Intersect, AnEdgeChunkMayEndPastTheLargestIndex) {
  const Box chunk{{kMax - 1}, {kMax}};
  EXPECT_EQ(intersect(chunk, Box{{0}, {kMax}}), (Box{{kMax - 1}, {1}}));
}

}  // namespace
}  // namespace neurofs
