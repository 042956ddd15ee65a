// The cost model of replay() by hand-made cases, and what it makes of files.

#include "core/engine/replay.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

namespace neurofs {
namespace {

ReplayTrace trace_of(const std::vector<uint64_t>& blocks, uint64_t block_count = 1000) {
  ReplayTrace trace;
  trace.block_count = block_count;
  for (const uint64_t b : blocks) trace.reads.push_back({1, {b, 1}});
  return trace;
}

ReplayResult replayed(const ReplayTrace& trace, const ReplayOptions& options) {
  const auto result = replay(trace, options);
  EXPECT_TRUE(result.ok()) << result.status().to_string();
  return result.ok() ? *result : ReplayResult{};
}

Result<ReplayTrace> parsed(const std::string& text) {
  std::istringstream in(text);
  return parse_trace(in, "t");
}

TEST(Replay, WithoutPredictionEachMissWaitsForTheLatency) {
  const auto r = replayed(trace_of({1, 2, 3, 1, 2, 3}),
                          {.predictor = "none", .cache_blocks = 3, .latency = 16});
  EXPECT_EQ(r.with.blocks, 6u);
  EXPECT_EQ(r.with.misses, 3u);
  EXPECT_EQ(r.with.stall, 3 * 16.0);
  EXPECT_EQ(r.miss_ratio(), 0.5);
  EXPECT_EQ(r.coverage(), 0.0);
  EXPECT_EQ(r.stall(), 1.0);
}

TEST(Replay, ACacheSmallerThanALoopKeepsNothingUnderLru) {
  std::vector<uint64_t> loop;
  for (int i = 0; i < 40; ++i) loop.push_back(i % 4);
  EXPECT_EQ(replayed(trace_of(loop), {.predictor = "none", .cache_blocks = 3}).with.misses, 40u);
  EXPECT_EQ(replayed(trace_of(loop), {.predictor = "none", .cache_blocks = 4}).with.misses, 4u);
}

// Demands of one read queue behind each other: the channel starts one each half tick.
TEST(Replay, ABlockOfALongReadWaitsForTheChannel) {
  ReplayTrace trace;
  trace.block_count = 100;
  trace.reads = {{1, {10, 5}}};
  const auto r = replayed(trace, {.predictor = "none", .latency = 16, .bandwidth = 2});
  EXPECT_EQ(r.with.misses, 5u);
  EXPECT_EQ(r.with.stall, 16 + 4 * 0.5);
}

TEST(Replay, ASequenceIsCoveredAndInTime) {
  std::vector<uint64_t> blocks;
  for (uint64_t i = 0; i < 900; ++i) blocks.push_back(i);
  const auto r = replayed(trace_of(blocks), {.predictor = "stride"});
  EXPECT_EQ(r.without.misses, 900u);
  EXPECT_GE(r.coverage(), 0.98);
  EXPECT_GE(r.accuracy(), 0.9);
  EXPECT_LE(r.stall(), 0.1);
}

TEST(Replay, CountsWhatWasFetchedInVain) {
  std::vector<uint64_t> blocks;
  std::mt19937_64 random(3);
  for (int burst = 0; burst < 50; ++burst) {  // three in a row look like a sequence, and are none
    const uint64_t at = random() % 1'000'000;
    for (uint64_t i = 0; i < 4; ++i) blocks.push_back(at + i);
  }
  const auto r = replayed(trace_of(blocks, 1'100'000), {.predictor = "stride", .cache_blocks = 32});
  EXPECT_GT(r.with.started, r.with.used);
  EXPECT_EQ(r.waste(), static_cast<double>(r.with.started - r.with.used) /
                           static_cast<double>(r.without.misses));
}

TEST(Replay, TheSameFiguresFromRunToRun) {
  std::vector<uint64_t> blocks;
  std::mt19937_64 random(9);
  for (uint64_t i = 0; i < 5000; ++i)
    blocks.push_back(random() % 4 == 0 ? random() % 900 : i % 1000);
  for (const auto& [predictor, p] : PredictorRegistry::instance().all()) {
    const auto one = replayed(trace_of(blocks), {.predictor = predictor, .cache_blocks = 64});
    const auto two = replayed(trace_of(blocks), {.predictor = predictor, .cache_blocks = 64});
    EXPECT_EQ(one.with.misses, two.with.misses) << predictor;
    EXPECT_EQ(one.with.stall, two.with.stall) << predictor;
    EXPECT_EQ(one.with.started, two.with.started) << predictor;
    EXPECT_EQ(one.state_bytes, two.state_bytes) << predictor;
  }
}

TEST(Replay, RefusesWhatItDoesNotKnow) {
  const ReplayTrace trace = trace_of({1});
  for (const ReplayOptions& o :
       {ReplayOptions{.predictor = "oracle"}, ReplayOptions{.policy = "belady"},
        ReplayOptions{.cache_blocks = 0}, ReplayOptions{.cache_blocks = uint64_t{1} << 40},
        ReplayOptions{.latency = -1}, ReplayOptions{.bandwidth = 0},
        ReplayOptions{.latency = std::numeric_limits<double>::quiet_NaN()}}) {
    EXPECT_EQ(replay(trace, o).status().code(), Code::kInvalidArgument);
  }
}

TEST(ReplayTrace, ReadsBothForms) {
  const auto reads = parsed("# grid 4 5 6\n\n# by hand\n3,17\n 4, 20 ,2\r\n");
  ASSERT_TRUE(reads.ok()) << reads.status().to_string();
  EXPECT_EQ(reads->grid, (Dims{4, 5, 6}));
  EXPECT_EQ(reads->block_count, 120u);
  ASSERT_EQ(reads->reads.size(), 2u);
  EXPECT_EQ(reads->reads[0].stream, 3u);
  EXPECT_EQ(reads->reads[1].run, (BlockRun{20, 2}));
  const auto plain = parsed("7\n9\n7");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->block_count, 10u);
  EXPECT_EQ(plain->reads[2].run, (BlockRun{7, 1}));
  EXPECT_TRUE(parsed("").ok());
}

TEST(ReplayTrace, RefusesWhatIsNoTrace) {
  for (const std::string text :
       {"x", "1,", "1,2,3,4", "-1", "1 2", "1,99999999999999999999", "18446744073709551615",
        "0,1,18446744073709551615", "# grid\n1", "# grid 0 3\n0", "# grid 4 x\n0",
        "# grid 9000000000000000000 9000000000000000000\n1", "# grid 2 2\n0,4",
        "\x7f\x45\x4c\x46"}) {
    const auto result = parsed(text);
    EXPECT_EQ(result.status().code(), Code::kInvalidArgument) << text;
    EXPECT_NE(result.status().message().find("t:"), std::string::npos) << text;
  }
  EXPECT_FALSE(parsed(std::string(100'000, '1')).ok());
  EXPECT_FALSE(parsed(std::string(10, '\0')).ok());
  EXPECT_EQ(read_trace("/nonexistent/trace").status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace neurofs
