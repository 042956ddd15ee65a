#include "core/base/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace neurofs {
namespace {

TEST(Executor, RunsEverythingBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    Executor executor(3, 10);
    for (int i = 0; i < 100; ++i) executor.submit([&] { ++ran; });
  }
  EXPECT_EQ(ran, 100);
}

TEST(Executor, RefusesOptionalWorkWhenFull) {
  std::promise<void> go;
  std::atomic<int> ran{0};
  Executor executor(1, 2);
  std::promise<void> started;
  executor.submit([&] {
    started.set_value();
    go.get_future().wait();
  });
  started.get_future().wait();
  EXPECT_TRUE(executor.try_submit([&] { ++ran; }));
  EXPECT_TRUE(executor.try_submit([&] { ++ran; }));
  EXPECT_FALSE(executor.try_submit([&] { ++ran; }));
  go.set_value();
  executor.drain();
  EXPECT_EQ(ran, 2);
}

TEST(Executor, ClosedItDropsWhatWaitsAndWaitsForWhatRuns) {
  std::promise<void> go;
  std::promise<void> started;
  std::atomic<int> ran{0};
  Executor executor(1, 10);
  executor.submit([&] {
    started.set_value();
    go.get_future().wait();
    ++ran;
  });
  started.get_future().wait();
  executor.submit([&] { ++ran; });
  EXPECT_FALSE(executor.close(std::chrono::milliseconds(1)));
  EXPECT_FALSE(executor.try_submit([&] { ++ran; }));
  go.set_value();
  EXPECT_TRUE(executor.close(std::chrono::minutes(1)));
  executor.submit([&] { ++ran; });
  EXPECT_EQ(ran, 1);
}

// A prefetch may outlive every reader: its task then holds the last reference to the engine.
TEST(Executor, ATaskMayEndTheExecutorsOwner) {
  for (int round = 0; round < 50; ++round) {
    struct Owner {
      Executor executor{2, 10};
    };
    auto owner = std::make_shared<Owner>();
    std::promise<void> go;
    std::promise<void> ended;
    auto last = std::shared_ptr<void>(nullptr, [&](void*) { ended.set_value(); });
    owner->executor.submit(
        [owner, last = std::move(last), ready = go.get_future().share()]() mutable {
          ready.wait();
          owner.reset();
        });
    owner.reset();
    go.set_value();
    ended.get_future().wait();
  }
}

}  // namespace
}  // namespace neurofs
