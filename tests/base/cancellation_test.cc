#include "core/base/cancellation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace neurofs {
namespace {

using Clock = ReadScope::Clock;

TEST(Cancellation, CallsEachWatchOnce) {
  Cancellation cancellation;
  int first = 0;
  int second = 0;
  const Cancellation::Watch watch(&cancellation, [&] { ++first; });
  {
    const Cancellation::Watch gone(&cancellation, [&] { ++second; });
  }
  EXPECT_FALSE(cancellation.cancelled());
  cancellation.cancel();
  cancellation.cancel();
  EXPECT_TRUE(cancellation.cancelled());
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0) << "it had ended";
}

TEST(Cancellation, CallsALateWatchAtOnce) {
  Cancellation cancellation;
  cancellation.cancel();
  int calls = 0;
  const Cancellation::Watch watch(&cancellation, [&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(Cancellation, NobodyCancelsWhatIsNoCancellation) {
  const Cancellation::Watch watch(nullptr, [] { FAIL(); });
}

// What the callback captures may go when the watch has ended, so the end waits for a call that runs.
TEST(Cancellation, TheEndOfAWatchWaitsForItsCall) {
  Cancellation cancellation;
  std::latch called{1};
  std::latch go_on{1};
  std::atomic<bool> returned{false};
  std::atomic<bool> ended{false};
  auto watch = std::make_unique<Cancellation::Watch>(&cancellation, [&] {
    called.count_down();
    go_on.wait();
    EXPECT_FALSE(ended);
    returned = true;
  });
  std::thread canceller([&] { cancellation.cancel(); });
  called.wait();
  std::thread ender([&] {
    watch.reset();
    EXPECT_TRUE(returned);
    ended = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  go_on.count_down();
  canceller.join();
  ender.join();
}

TEST(Cancellation, WatchesComeAndGoWhileItIsCancelled) {
  for (int round = 0; round < 200; ++round) {
    Cancellation cancellation;
    std::atomic<int> calls{0};
    std::latch start{3};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        for (int n = 0; n < 50; ++n) {
          int own = 0;
          {
            const Cancellation::Watch watch(&cancellation, [&] { ++own; });
          }
          EXPECT_LE(own, 1);
          calls += own;
        }
      });
    }
    start.arrive_and_wait();
    cancellation.cancel();
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(calls, 100);
  }
}

TEST(ReadScope, IsOfItsThreadAndNests) {
  EXPECT_EQ(ReadScope::current(), nullptr);
  const auto now = Clock::now();
  Cancellation cancellation;
  const ReadScope outer(nullptr, now + std::chrono::seconds(10));
  EXPECT_EQ(ReadScope::current(), &outer);
  EXPECT_FALSE(outer.cancelled());
  {
    const ReadScope inner(&cancellation, Clock::time_point::max());
    EXPECT_EQ(ReadScope::current(), &inner);
    EXPECT_EQ(inner.deadline(), outer.deadline()) << "the earliest holds";
    cancellation.cancel();
    EXPECT_TRUE(inner.cancelled());
    EXPECT_FALSE(outer.cancelled());
    std::thread([] { EXPECT_EQ(ReadScope::current(), nullptr); }).join();
    const ReadScope innermost(nullptr, now);
    EXPECT_EQ(innermost.deadline(), now);
  }
  EXPECT_EQ(ReadScope::current(), &outer);
}

}  // namespace
}  // namespace neurofs
