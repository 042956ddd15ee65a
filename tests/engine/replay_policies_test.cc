// `neurofs replay` counts the misses that the policies' own replay counts.
#include <gtest/gtest.h>

#include "core/engine/replay.h"
#include "tests/cache/policy_replay.h"

namespace neurofs {
namespace {

TEST(ReplayPolicies, MissesAreThoseOfThePolicies) {
  const std::map<std::string, Trace> traces = {{"loop", loop_trace(3000, 6)},
                                               {"skewed", skewed_trace(4000, 40000)},
                                               {"window", window_trace()},
                                               {"phases", phases_trace()}};
  for (const auto& [name, blocks] : traces) {
    ReplayTrace trace;
    trace.block_count = 100000;
    for (const uint64_t block : blocks) trace.reads.push_back({1, {block, 1}});
    for (const auto& [policy, plugin] : PolicyRegistry::instance().all()) {
      const auto result =
          replay(trace, {.predictor = "none", .policy = policy, .cache_blocks = 600});
      ASSERT_TRUE(result.ok()) << result.status().to_string();
      EXPECT_EQ(result->with.misses, misses(policy, 600, blocks)) << name << " " << policy;
    }
  }
}

}  // namespace
}  // namespace neurofs
