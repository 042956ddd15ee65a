// The model itself: known answers, and its reading of NumPy's slices against core/geometry's.
#include <gtest/gtest.h>

#include "tests/model/model_case.h"
#include "tests/model/random_region.h"

namespace neurofs::model {
namespace {

TEST(DenseModel, TakesNegativeStepsAndDroppedAxes) {
  DenseField dense({3, 4}, DataType::kUint8, ByteVector(1));
  for (int i = 0; i < 12; ++i) *dense.at({i / 4, i % 4}) = static_cast<std::byte>(i);
  Region region;
  region.axes.push_back({.start = 2, .count = 1, .step = 1, .drop = true});
  region.axes.push_back({.start = 3, .count = 2, .step = -2, .drop = false});
  EXPECT_EQ(dense.take(region), (ByteVector{std::byte{11}, std::byte{9}}));
}

TEST(DenseModel, RankZeroHasOneElementAndEmptyAxesNone) {
  EXPECT_EQ(DenseField({}, DataType::kInt32, ByteVector(4)).bytes().size(), 4U);
  EXPECT_EQ(DenseField({5, 0, 2}, DataType::kInt32, ByteVector(4)).bytes().size(), 0U);
}

TEST(DenseModel, RegionNamesMeanWhatTheParserSays) {
  const uint64_t seed = seed_of_run();
  for (uint64_t i = 0; i < 20000 && !HasFailure(); ++i) {
    Random random(seed + i);
    const Dims shape = random_layout(random).shape;
    const NamedRegion wanted = random_region(random, shape);
    const auto parsed = parse_region(wanted.text, shape);
    ASSERT_TRUE(parsed.ok()) << parsed.status().to_string() << ", NEUROFS_TEST_SEED=" << seed + i;
    ASSERT_EQ(parsed.value().axes.size(), wanted.region.axes.size());
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      const AxisSlice& got = parsed.value().axes[axis];
      const AxisSlice& want = wanted.region.axes[axis];
      EXPECT_TRUE(got.count == want.count && got.drop == want.drop &&
                  (want.count == 0 || got.start == want.start) &&
                  (want.count < 2 || got.step == want.step))
          << "'" << wanted.text << "' of " << to_string(shape) << " axis " << axis
          << ", NEUROFS_TEST_SEED=" << seed + i;
    }
  }
}

}  // namespace
}  // namespace neurofs::model
