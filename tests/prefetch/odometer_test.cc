// Walks as nested loops, and how their structure is learned from reads.

#include "core/prefetch/odometer.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/prefetch/grid_steps.h"
#include "core/prefetch/nest.h"

namespace neurofs {
namespace {

const Dims kGrid = {16, 16, 16};
constexpr uint64_t kBlocks = 16 * 16 * 16;

std::vector<int64_t> rest_of(Odometer walk, size_t most = 1000) {
  std::vector<int64_t> positions;
  while (positions.size() < most && walk.next(kBlocks)) positions.push_back(walk.position());
  return positions;
}

TEST(GridSteps, TellsTheOnlyAxisOfAMove) {
  const GridSteps grid(kGrid, kBlocks);
  int64_t distance = 0;
  EXPECT_EQ(grid.only_axis(0, 5, &distance), 0);
  EXPECT_EQ(distance, 5);
  EXPECT_EQ(grid.only_axis(3 * 256, 256, &distance), 2);
  EXPECT_EQ(distance, -2);
  EXPECT_EQ(grid.only_axis(14, 17, &distance), GridSteps::kNoAxis);  // over the end of a row
  EXPECT_EQ(grid.only_axis(0, 17, &distance), GridSteps::kNoAxis);
  EXPECT_EQ(grid.only_axis(7, 7, &distance), GridSteps::kNoAxis);
  EXPECT_TRUE(grid.is_stride(-256));
  EXPECT_FALSE(grid.is_stride(32));
}

TEST(GridSteps, TakesAnyGrid) {
  int64_t distance = 0;
  for (const Dims& grid : {Dims{}, Dims{5}, Dims{-1, 3}, Dims{0}, Dims{INT64_MAX, INT64_MAX}}) {
    const GridSteps steps(grid, 100);
    EXPECT_EQ(steps.block_count(), 100);
    EXPECT_EQ(steps.only_axis(1, 9, &distance), 0);
  }
  const GridSteps thin(Dims{1, 1, 50, 1, 2}, 100);
  EXPECT_EQ(thin.only_axis(0, 98, &distance), 1);
  EXPECT_EQ(distance, 49);
  Dims many;
  for (int i = 0; i < 20; ++i) many.push_back(2);
  const GridSteps deep(many, 1 << 20);
  EXPECT_EQ(deep.only_axis(0, 1 << 19, &distance), GridSteps::kMostAxes - 1);
  EXPECT_EQ(GridSteps(Dims{}, UINT64_MAX).block_count(), int64_t{1} << 61);
}

TEST(Odometer, RunsToTheEdgeOfTheField) {
  EXPECT_EQ(rest_of(Odometer(10, -5, 3)), (std::vector<int64_t>{5, 0}));
  EXPECT_EQ(rest_of(Odometer(kBlocks - 2, 1, 1)), (std::vector<int64_t>{kBlocks - 1}));
}

TEST(Odometer, WalksABox) {
  Odometer walk(0, 1, 1);
  walk.level(0).extent = 2;
  walk.add_known_level(16, 2, false);
  walk.add_known_level(256, 2, false);
  EXPECT_EQ(rest_of(walk), (std::vector<int64_t>{1, 16, 17, 256, 257, 272, 273}));
}

TEST(Odometer, TurnsAtEachRowAndPlane) {
  Odometer walk(0, 1, 1);
  walk.level(0).extent = 2;
  walk.add_known_level(16, 2, true);
  walk.add_known_level(256, 2, true);
  EXPECT_EQ(rest_of(walk), (std::vector<int64_t>{1, 17, 16, 272, 273, 257, 256}));
  Odometer reset(0, 1, 1);  // rows turn, but each plane begins as the first did
  reset.level(0).extent = 2;
  reset.add_known_level(16, 3, true);
  reset.add_known_level(256, 2, false);
  EXPECT_EQ(rest_of(reset),
            (std::vector<int64_t>{1, 17, 16, 32, 33, 256, 257, 273, 272, 288, 289}));
}

// Feeds positions; returns how many the walk neither foresaw nor could explain.
size_t unexplained(Odometer* walk, const std::vector<int64_t>& positions) {
  const GridSteps grid(kGrid, kBlocks);
  size_t failures = 0;
  for (const int64_t position : positions) {
    Odometer next = *walk;
    if (next.next(kBlocks) && next.position() == position) {
      *walk = next;
    } else if (!explain(grid, position, 0, walk).found) {
      ++failures;
    }
  }
  return failures;
}

std::vector<int64_t> box(int64_t origin, std::vector<std::pair<int64_t, int>> loops) {
  std::vector<int64_t> positions = {origin};
  for (const auto& [step, count] : loops) {
    const std::vector<int64_t> inner = positions;
    for (int i = 1; i < count; ++i) {
      for (const int64_t p : inner) positions.push_back(p + step * i);
    }
  }
  return positions;
}

TEST(Nest, LearnsAnyOrderOfABox) {
  const std::vector<std::vector<std::pair<int64_t, int>>> walks = {
      {{1, 5}, {16, 4}, {256, 3}},                    // C order
      {{256, 4}, {16, 3}, {1, 5}},                    // F order
      {{16, 4}, {256, 3}, {1, 3}},                    // neither
      {{-1, 5}, {-16, 4}, {-256, 3}},                 // backward
      {{2, 4}, {32, 3}, {512, 3}},                    // every second
      {{1, 4}, {16, 4}, {256, 2}, {2, 4}, {32, 3}}};  // a window that slides along two axes
  for (const auto& loops : walks) {
    std::vector<int64_t> positions = box(0, loops);
    const int64_t least = *std::min_element(positions.begin(), positions.end());
    for (int64_t& p : positions) p -= least;
    Odometer walk(positions[2], positions[1] - positions[0], 3);
    const std::vector<int64_t> rest(positions.begin() + 3, positions.end());
    EXPECT_EQ(unexplained(&walk, rest), 0u) << loops.size() << " levels, step " << loops[0].first;
    EXPECT_EQ(walk.levels(), loops.size());
  }
}

TEST(Nest, LearnsAWalkThatTurns) {
  Odometer pattern(0, 1, 1);
  pattern.level(0).extent = 5;
  pattern.add_known_level(16, 4, true);
  pattern.add_known_level(256, 3, true);
  std::vector<int64_t> positions = rest_of(pattern);
  Odometer walk(positions[1], 1, 3);
  EXPECT_EQ(unexplained(&walk, {positions.begin() + 2, positions.end()}), 0u);
  EXPECT_TRUE(walk.level(1).turns);
}

TEST(Nest, ARowThatBeginsEarlyOrEndsLateKeepsItsPlace) {
  const GridSteps grid(kGrid, kBlocks);
  Odometer walk(5, 1, 6);
  const Explained second = explain(grid, 17, 3, &walk);  // 16 is on its way
  EXPECT_TRUE(second.found && second.new_level);
  EXPECT_EQ(second.early, 1u);
  EXPECT_EQ(walk.position(), 17);
  EXPECT_FALSE(explain(grid, 2000, 3, &walk).found);
}

TEST(Nest, AShapeBeginsElsewhere) {
  Odometer walk(2, 1, 3);
  const auto positions = box(0, {{1, 3}, {16, 2}, {256, 2}});
  EXPECT_EQ(unexplained(&walk, {positions.begin() + 3, positions.end()}), 0u);
  const Shape shape(walk);
  EXPECT_EQ(shape, Shape(walk));
  std::vector<int64_t> again = rest_of(shape.begin_at(1000));
  ASSERT_EQ(again.size(), positions.size() - 1);
  for (size_t i = 0; i < again.size(); ++i) EXPECT_EQ(again[i], positions[i + 1] + 1000);
}

}  // namespace
}  // namespace neurofs
