// Random shapes, regions, ranges and strides against element-by-element loops. A failure prints the
// seed; NEUROFS_TEST_SEED runs that seed again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <random>

#include "core/base/bytes.h"
#include "core/geometry/linear_range.h"
#include "core/geometry/region.h"
#include "core/geometry/strided_copy.h"

namespace neurofs {
namespace {

class DenseReference : public testing::Test {
 protected:
  void SetUp() override {
    const char* given = std::getenv("NEUROFS_TEST_SEED");
    seed_ = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "NEUROFS_TEST_SEED=" << seed_ << '\n';
    random_.seed(seed_);
  }

  Index pick(Index low, Index high) {
    return std::uniform_int_distribution<Index>(low, high)(random_);
  }
  Dims random_shape(Index max_rank, Index min_size, Index max_size) {
    Dims shape(static_cast<size_t>(pick(0, max_rank)));
    for (Index& n : shape) n = pick(min_size, max_size);
    return shape;
  }

  uint64_t seed_ = 0;
  std::mt19937_64 random_;
};

// Calls `body(index)` for every index of `shape` in C order.
template <typename Body>
void for_each(const Dims& shape, const Body& body) {
  if (*element_count(shape) == 0) return;
  Dims at(shape.size(), 0);
  for (;;) {
    body(at);
    size_t axis = shape.size();
    while (axis > 0 && ++at[axis - 1] == shape[axis - 1]) at[--axis] = 0;
    if (axis == 0) return;
  }
}

Index dot(const Dims& at, const Dims& strides) {
  Index sum = 0;
  for (size_t i = 0; i < at.size(); ++i) sum += at[i] * strides[i];
  return sum;
}

TEST_F(DenseReference, LinearRangesAreExactAndFew) {
  for (int round = 0; round < 3000; ++round) {
    const Dims shape = random_shape(5, 0, 5);
    const Index total = *element_count(shape);
    const Index first = pick(0, total);
    const Index count = pick(0, total - first);
    SCOPED_TRACE(to_string(shape) + " " + std::to_string(first) + "+" + std::to_string(count));
    BoxList boxes;
    decompose_linear_range(shape, first, count, &boxes);
    EXPECT_LE(boxes.size(), std::max<size_t>(1, 2 * shape.size() - (shape.empty() ? 0 : 1)));
    const Dims strides = c_order_strides(shape);
    Index expected = first;
    for (const Box& box : boxes) {
      ASSERT_FALSE(box.empty());
      for_each(box.shape, [&](const Dims& at) {
        for (size_t i = 0; i < at.size(); ++i) ASSERT_LT(box.lo[i] + at[i], shape[i]);
        ASSERT_EQ(dot(box.lo, strides) + dot(at, strides), expected++);
      });
    }
    ASSERT_EQ(expected, first + count);
  }
}

TEST_F(DenseReference, LinearRangesOfPetabyteShapesAreCheap) {
  const Dims shape = {86'000'000'000, 1000};
  BoxList boxes;
  decompose_linear_range(shape, 500, 85'999'999'999'000, &boxes);
  ASSERT_EQ(boxes.size(), 3u);
  EXPECT_EQ(boxes[0], (Box{{0, 500}, {1, 500}}));
  EXPECT_EQ(boxes[1], (Box{{1, 0}, {85'999'999'998, 1000}}));
  EXPECT_EQ(boxes[2], (Box{{85'999'999'999, 0}, {1, 500}}));
}

// One side of a random copy: a permuted, padded, possibly reversed or broadcast layout.
struct Layout {
  Dims strides;
  Index offset = 0;
  Index bytes = 0;
};

class StridedCopy : public DenseReference {
 protected:
  Layout random_layout(const Dims& shape, Index item, bool may_broadcast) {
    const size_t rank = shape.size();
    std::vector<size_t> order(rank);
    for (size_t i = 0; i < rank; ++i) order[i] = i;
    if (pick(0, 1) == 0) std::shuffle(order.begin(), order.end(), random_);
    const bool padded = pick(0, 1) == 0;
    const bool reversed = pick(0, 2) == 0;
    Layout layout{.strides = Dims(rank)};
    Index stride = item * (pick(0, 3) == 0 ? 2 : 1);
    for (size_t i = rank; i-- > 0;) {
      const size_t axis = order[i];
      layout.strides[axis] = stride;
      const Index extent = shape[axis] + (padded ? pick(0, 2) : 0);
      if (may_broadcast && pick(0, 5) == 0) {
        layout.strides[axis] = 0;
      } else if (reversed && pick(0, 1) == 0) {
        layout.strides[axis] = -stride;
        layout.offset += stride * std::max<Index>(0, shape[axis] - 1);
      }
      stride *= std::max<Index>(1, extent);
    }
    layout.bytes = stride;
    return layout;
  }
};

TEST_F(StridedCopy, MatchesAnElementLoop) {
  constexpr Index kItems[] = {1, 2, 4, 8, 16, 3, 20};
  for (int round = 0; round < 6000; ++round) {
    const Dims shape = random_shape(5, round % 50 == 0 ? 0 : 1, round % 3 == 0 ? 3 : 7);
    const Index item = kItems[pick(0, std::size(kItems) - 1)];
    const Layout from = random_layout(shape, item, true);
    const Layout to = random_layout(shape, item, false);
    SCOPED_TRACE(to_string(shape) + " item " + std::to_string(item) + " from " +
                 to_string(from.strides) + " to " + to_string(to.strides));
    ByteVector src(static_cast<size_t>(from.bytes));
    for (std::byte& b : src) b = static_cast<std::byte>(random_());
    ByteVector expected(static_cast<size_t>(to.bytes), std::byte{0xAA});
    ByteVector actual = expected;
    for_each(shape, [&](const Dims& at) {
      std::memcpy(expected.data() + to.offset + dot(at, to.strides),
                  src.data() + from.offset + dot(at, from.strides), static_cast<size_t>(item));
    });
    strided_copy(actual.data() + to.offset, to.strides, src.data() + from.offset, from.strides,
                 shape, static_cast<size_t>(item));
    ASSERT_EQ(actual, expected);
  }
}

TEST_F(StridedCopy, TransposesLargerThanATile) {
  for (const Dims& shape : {Dims{100, 70}, Dims{3, 65, 33}, Dims{40, 2, 40}, Dims{33, 34, 35}}) {
    const Dims to = c_order_strides(shape, 4);
    Dims reversed(shape.rbegin(), shape.rend());
    Dims from = c_order_strides(reversed, 4);
    std::reverse(from.begin(), from.end());
    std::vector<uint32_t> src(static_cast<size_t>(*element_count(shape)));
    for (size_t i = 0; i < src.size(); ++i) src[i] = static_cast<uint32_t>(i);
    std::vector<uint32_t> dst(src.size());
    strided_copy(reinterpret_cast<std::byte*>(dst.data()), to,
                 reinterpret_cast<const std::byte*>(src.data()), from, shape, 4);
    size_t i = 0;
    for_each(shape, [&](const Dims& at) { ASSERT_EQ(dst[i++], dot(at, from) / 4); });
  }
}

// Python's slice semantics by enumeration: range(*slice(a, b, c).indices(n)).
TEST_F(DenseReference, SlicesMatchAnEnumeration) {
  const auto bound = [&](Index n) -> std::optional<Index> {
    if (pick(0, 4) == 0) return std::nullopt;
    return pick(-2 * n - 2, 2 * n + 2);
  };
  const auto text = [](std::optional<Index> v) { return v ? std::to_string(*v) : std::string(); };
  for (int round = 0; round < 20000; ++round) {
    const Index n = pick(0, 9);
    const auto start = bound(n);
    const auto stop = bound(n);
    std::optional<Index> step = bound(4);
    if (step == 0) step = 1;
    const std::string name = text(start) + ":" + text(stop) + ":" + text(step);
    const Index by = step.value_or(1);
    const auto wrap = [&](Index v) { return v < 0 ? v + n : v; };
    std::vector<Index> expected;
    // Every index from the first that is in range, in the direction of the step.
    Index at = start ? wrap(*start) : (by > 0 ? 0 : n - 1);
    if (by > 0) at = std::max<Index>(at, 0);
    if (by < 0) at = std::min<Index>(at, n - 1);
    const Index end = stop ? wrap(*stop) : (by > 0 ? n : -1);
    for (; at >= 0 && at < n && (by > 0 ? at < end : at > end); at += by) expected.push_back(at);

    const auto parsed = parse_region(name, {n});
    ASSERT_TRUE(parsed.ok()) << name;
    const AxisSlice& slice = parsed->axes[0];
    std::vector<Index> actual;
    for (Index i = 0; i < slice.count; ++i) actual.push_back(slice.start + i * slice.step);
    ASSERT_EQ(actual, expected) << name << " of " << n;

    const std::string canonical = to_string(*parsed, {n});
    ASSERT_EQ(*parse_region(canonical, {n}), *parsed) << name << " -> " << canonical << " of " << n;
    ASSERT_LE(canonical.size(), std::max<size_t>(name.size(), 2)) << name << " -> " << canonical;
  }
}

}  // namespace
}  // namespace neurofs
