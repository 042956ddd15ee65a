#include "core/cache/epoch.h"

#include <gtest/gtest.h>

#include <thread>

namespace neurofs {
namespace {

TEST(Epoch, NobodyReadingIsSafe) {
  EXPECT_TRUE(EpochDomain::is_safe(EpochDomain::retire()));
}

TEST(Epoch, AGuardHoldsBackWhatIsRetiredUnderIt) {
  uint64_t retired = 0;
  {
    const EpochGuard outer;
    {
      const EpochGuard inner;
      retired = EpochDomain::retire();
    }
    EXPECT_FALSE(EpochDomain::is_safe(retired)) << "the outer guard still reads";
  }
  EXPECT_TRUE(EpochDomain::is_safe(retired));
}

TEST(Epoch, ALaterGuardDoesNotHoldBack) {
  const uint64_t retired = EpochDomain::retire();
  const EpochGuard guard;
  EXPECT_TRUE(EpochDomain::is_safe(retired));
}

TEST(Epoch, AnotherThreadsGuardCounts) {
  std::atomic<int> step{0};
  std::thread reader([&] {
    const EpochGuard guard;
    step = 1;
    while (step != 2) std::this_thread::yield();
  });
  while (step != 1) std::this_thread::yield();
  const uint64_t retired = EpochDomain::retire();
  EXPECT_FALSE(EpochDomain::is_safe(retired));
  step = 2;
  reader.join();
  EXPECT_TRUE(EpochDomain::is_safe(retired));
}

}  // namespace
}  // namespace neurofs
