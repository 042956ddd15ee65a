#include "core/engine/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace neurofs {
namespace {

TEST(ParallelFor, ThrowsWhatABodyThrewAfterAllHaveEnded) {
  Executor executor(4, 16);
  for (int round = 0; round < 200; ++round) {
    std::atomic<size_t> ended{0};
    const auto run = [&] {
      parallel_for(executor, 64, [&](size_t i) {
        ++ended;
        if (i % 2 == 1) throw std::runtime_error("odd");
      });
    };
    EXPECT_THROW(run(), std::runtime_error);
    EXPECT_EQ(ended, 64);
  }
}

}  // namespace
}  // namespace neurofs
