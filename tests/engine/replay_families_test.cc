// What the adaptive predictor saves on families of walks, under the cost model of replay(): bounds
// that hold for every seed, with a little room. Each trace reads 20 000 blocks, one by one unless a family says
// otherwise, in a cache of 256, where a fetch takes 16 ticks and two may start in a tick.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>

#include "core/engine/replay.h"

namespace neurofs {
namespace {

constexpr size_t kReads = 20'000;

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}
  // Below n, the same on every machine.
  int64_t below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }
  bool chance(double p) { return static_cast<double>(below(1'000'000)) < p * 1e6; }
  double unit() { return static_cast<double>(below(1'000'000)) / 1e6; }

  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i)
      std::swap(values[i - 1], values[static_cast<size_t>(below(static_cast<int64_t>(i)))]);
  }

 private:
  std::mt19937_64 random_;
};

using Blocks = std::vector<int64_t>;

// Blocks of a box, the axes from slowest to fastest as `order` names them.
void add_box(const Dims& grid, const Dims& lo, const Dims& shape, const std::vector<size_t>& order,
             bool turn, Blocks* out) {
  const Dims strides = c_order_strides(grid);
  Dims at(grid.size(), 0);
  const int64_t count = *element_count(shape);
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i;
    int64_t row = 0;
    for (size_t k = order.size(); k-- > 0;) {
      at[order[k]] = rest % shape[order[k]];
      rest /= shape[order[k]];
      if (k + 1 == order.size()) row = rest;
    }
    const size_t fast = order.back();
    if (turn && row % shape[order[order.size() - 2]] % 2 == 1)
      at[fast] = shape[fast] - 1 - at[fast];
    int64_t block = 0;
    for (size_t axis = 0; axis < grid.size(); ++axis)
      block += (lo[axis] + at[axis]) * strides[axis];
    out->push_back(block);
  }
}

struct Walks {
  Dims grid;
  Dims shape;
  std::vector<size_t> order = {};  // empty: C
  bool same = false;               // all boxes of one shape, else up to a quarter larger or smaller
  bool turn = false;
  double overtaking = 0;  // reads come up to so many places late
};

Blocks boxes(Generator& g, const Walks& w) {
  std::vector<size_t> order = w.order;
  if (order.empty()) {
    order.resize(w.grid.size());
    std::iota(order.begin(), order.end(), size_t{0});
  }
  Blocks out;
  while (out.size() < kReads) {
    Dims shape = w.shape;
    Dims lo;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (!w.same) shape[axis] += g.below(shape[axis] / 4 * 2 + 1) - shape[axis] / 4;
      shape[axis] = std::max<Index>(shape[axis], 2);
      lo.push_back(g.below(w.grid[axis] - shape[axis] + 1));
    }
    add_box(w.grid, lo, shape, order, w.turn, &out);
  }
  out.resize(kReads);
  if (w.overtaking == 0) return out;
  std::vector<std::pair<double, int64_t>> late;
  for (size_t i = 0; i < out.size(); ++i)
    late.emplace_back(static_cast<double>(i) + g.unit() * w.overtaking, out[i]);
  std::sort(late.begin(), late.end());
  for (size_t i = 0; i < out.size(); ++i) out[i] = late[i].second;
  return out;
}

Blocks sequences(Generator& g, int64_t streams, const std::vector<int64_t>& steps,
                 double intruders = 0) {
  Blocks at;
  for (int64_t i = 0; i < streams; ++i)
    at.push_back(262'144 / streams * i + 60'000 / streams + g.below(2000 / streams + 1));
  Blocks out;
  while (out.size() < kReads) {
    const auto i = static_cast<size_t>(g.below(streams));
    if (g.chance(intruders)) {
      out.push_back(g.below(262'144));
      continue;
    }
    out.push_back((at[i] % 262'144 + 262'144) % 262'144);
    at[i] += steps[i % steps.size()];
  }
  return out;
}

Blocks bursts(Generator& g) {
  Blocks out;
  while (out.size() < kReads) {
    int64_t at = g.below(262'000 - 200);
    do out.push_back(at++);
    while (!g.chance(0.125));
  }
  out.resize(kReads);
  return out;
}

Blocks epochs(Generator& g, bool same_order) {
  Blocks order;
  for (size_t i = 0; i < kReads / 5; ++i) order.push_back(g.below(262'144));
  Blocks out;
  while (out.size() < kReads) {
    if (!same_order) g.shuffle(order);
    out.insert(out.end(), order.begin(), order.end());
  }
  return out;
}

Blocks windows(const Dims& grid) {
  Blocks out;
  for (Index y = 0; y + 8 <= grid[1]; y += 4) {
    for (Index x = 0; x + 8 <= grid[2]; x += 4)
      add_box(grid, {3, y, x}, {2, 8, 8}, {0, 1, 2}, false, &out);
  }
  while (out.size() < kReads) out.insert(out.end(), out.begin(), out.end());
  out.resize(kReads);
  return out;
}

// Few hot blocks, many cold ones.
Blocks skewed(Generator& g) {
  Blocks out;
  for (size_t i = 0; i < kReads; ++i) {
    const double u = g.unit();
    const auto hot = static_cast<uint64_t>(u * u * u * 20'000);
    out.push_back(static_cast<int64_t>(std::mt19937_64(hot)() % 262'144));
  }
  return out;
}

Blocks anywhere(Generator& g, int64_t blocks) {
  Blocks out;
  for (size_t i = 0; i < kReads; ++i) out.push_back(g.below(blocks));
  return out;
}

struct Family {
  const char* name;
  Dims grid;
  std::function<Blocks(Generator&)> make;
  double coverage;   // at least
  double accuracy;   // at least
  double stall;      // at most
  uint64_t run = 1;  // blocks of a read at most, where they follow each other
};

std::ostream& operator<<(std::ostream& out, const Family& family) {
  return out << family.name;
}

ReplayTrace trace_of(const Family& family, uint64_t seed) {
  Generator g(seed);
  ReplayTrace trace;
  trace.grid = family.grid;
  trace.block_count = static_cast<uint64_t>(*element_count(family.grid));
  for (const int64_t at : family.make(g)) {
    const auto block = static_cast<uint64_t>(at);
    BlockRun* last = trace.reads.empty() ? nullptr : &trace.reads.back().run;
    if (last != nullptr && last->count < family.run && last->first + last->count == block) {
      ++last->count;
    } else {
      trace.reads.push_back({1, {block, 1}});
    }
  }
  return trace;
}

class Families : public testing::TestWithParam<Family> {};

TEST_P(Families, AreForetold) {
  const Family& family = GetParam();
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const auto r = replay(trace_of(family, seed), {.predictor = "adaptive"});
    ASSERT_TRUE(r.ok());
    EXPECT_GE(r->coverage(), family.coverage) << "seed " << seed;
    EXPECT_GE(r->accuracy(), family.accuracy) << "seed " << seed;
    EXPECT_LE(r->stall(), family.stall) << "seed " << seed;
    EXPECT_LE(r->state_bytes, uint64_t{2} << 20);
  }
}

const Dims kCube = {64, 64, 64};
const Dims kSquare = {512, 512};
const Dims kFour = {16, 16, 32, 32};

INSTANTIATE_TEST_SUITE_P(
    Prefetch, Families,
    testing::Values(
        Family{"sequence", kCube, [](auto& g) { return sequences(g, 1, {1}); }, .995, .99, .01},
        Family{"stride", kCube, [](auto& g) { return sequences(g, 1, {7}); }, .995, .99, .01},
        Family{"backward", kCube, [](auto& g) { return sequences(g, 1, {-3}); }, .995, .99, .01},
        Family{"noise", kCube, [](auto& g) { return sequences(g, 1, {5}, .2); }, .78, .98, .22},
        Family{"four", kCube,
               [](auto& g) {
                 return sequences(g, 4, {1, 3, -2, 64});
               },
               .99, .98, .01},
        Family{"sixteen", kCube,
               [](auto& g) {
                 return sequences(g, 16, {1, 5, -1});
               },
               .98, .96, .03},
        Family{"bursts", kCube, [](auto& g) { return bursts(g); }, .78, .66, .33},
        Family{"epochs", kCube, [](auto& g) { return epochs(g, true); }, .79, .98, .21},
        Family{"windows", kCube, [](auto&) { return windows(kCube); }, .99, .95, .02},
        Family{"C", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {8, 16, 16}});
               },
               .99, .94, .01},
        Family{"F", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {16, 16, 8}, {2, 1, 0}});
               },
               .99, .94, .01},
        Family{"rows", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {2, 50, 6}});
               },
               .985, .88, .015},
        Family{"cubes", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {4, 4, 4}, {}, true});
               },
               .975, .98, .03},
        Family{"turning", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {8, 16, 16}, {}, false, true});
               },
               .98, .93, .02},
        Family{"overtaking", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {8, 16, 16}, {}, false, false, 3});
               },
               .93, .85, .08},
        Family{"plane", kSquare,
               [](auto& g) {
                 return boxes(g, {kSquare, {24, 40}});
               },
               .99, .92, .01},
        Family{"planeF", kSquare,
               [](auto& g) {
                 return boxes(g, {kSquare, {40, 24}, {1, 0}});
               },
               .99, .92, .015},
        Family{"four axes", kFour,
               [](auto& g) {
                 return boxes(g, {kFour, {4, 6, 8, 12}});
               },
               .99, .93, .01},
        Family{"four axes, mixed", kFour,
               [](auto& g) {
                 return boxes(g, {kFour, {4, 6, 8, 8}, {2, 0, 3, 1}});
               },
               .98, .9, .02}));

// The first read of a walk is a miss of all its blocks.
INSTANTIATE_TEST_SUITE_P(
    PrefetchOfRuns, Families,
    testing::Values(
        Family{"sequence", kCube, [](auto& g) { return sequences(g, 1, {1}); }, .995, .99, .06, 4},
        Family{"boxes of one shape", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {4, 8, 16}, {}, true});
               },
               .985, .98, .09, 4},
        Family{"rows that reads do not divide", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {2, 8, 8}, {}, true});
               },
               .93, .98, .14, 7},
        Family{"C", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {8, 16, 16}});
               },
               .985, .95, .08, 4},
        Family{"F", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {16, 16, 8}, {2, 1, 0}});
               },
               .99, .94, .01, 4},
        Family{"turning", kCube,
               [](auto& g) {
                 return boxes(g, {kCube, {8, 16, 16}, {}, false, true});
               },
               .985, .92, .02, 4},
        Family{"windows", kCube, [](auto&) { return windows(kCube); }, .995, .98, .02, 4}));

// What no rule explains costs nothing: two fetches in a thousand at the most.
TEST(Prefetch, IsSilentOnWhatCannotBeForetold) {
  const std::vector<Family> families = {
      {"random", kCube, [](auto& g) { return anywhere(g, 262'144); }, 0, 0, 1.001},
      {"random, small", {16, 16, 16}, [](auto& g) { return anywhere(g, 4096); }, 0, 0, 1.001},
      {"skewed", kCube, [](auto& g) { return skewed(g); }, 0, 0, 1.001},
      {"shuffled anew", kCube, [](auto& g) { return epochs(g, false); }, 0, 0, 1.001}};
  for (const Family& family : families) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      const auto r = replay(trace_of(family, seed), {.predictor = "adaptive"});
      ASSERT_TRUE(r.ok());
      const double most = family.grid == kCube ? 0.002 : 0.03;
      EXPECT_LE(r->waste(), most) << family.name;
      EXPECT_LE(r->stall(), family.stall) << family.name;
    }
  }
}

// Sixteen readers in a cache of four blocks each: each gets one block ahead, and keeps it.
TEST(Prefetch, ASmallCacheIsShared) {
  const Family family{"", kCube, [](auto& g) { return sequences(g, 16, {1, 5, -1}); }, 0, 0, 0};
  const auto r =
      replay(trace_of(family, 5), {.predictor = "adaptive", .cache_blocks = 64, .bandwidth = 1.2});
  ASSERT_TRUE(r.ok());
  EXPECT_GE(r->coverage(), 0.93);
  EXPECT_GE(r->accuracy(), 0.93);
  EXPECT_LE(r->stall(), 0.2);
}

// A remote store: four times the latency.
TEST(Prefetch, GoesAsFarAheadAsTheLatencyAsksFor) {
  const Family family{"", kCube, [](auto& g) { return boxes(g, {kCube, {8, 16, 16}}); }, 0, 0, 0};
  const auto r =
      replay(trace_of(family, 6), {.predictor = "adaptive", .latency = 64, .bandwidth = 1.5});
  ASSERT_TRUE(r.ok());
  EXPECT_GE(r->coverage(), 0.99);
  EXPECT_GE(r->timeliness(), 0.95);
  EXPECT_LE(r->stall(), 0.02);
}

}  // namespace
}  // namespace neurofs
