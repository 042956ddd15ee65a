#include "core/base/scope_wait.h"

#include <gtest/gtest.h>

#include <thread>

namespace neurofs {
namespace {

using Clock = ReadScope::Clock;
using std::chrono::hours;
using std::chrono::milliseconds;

class ScopeWaitTest : public testing::Test {
 protected:
  ScopeEnd wait() {
    ScopeWait one(mutex_, changed_);
    std::unique_lock lock(mutex_);
    return one.wait(lock, [this] { return done_; });
  }
  void finish() {
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

TEST_F(ScopeWaitTest, EndsWhenItIsDone) {
  std::thread other([this] { finish(); });
  EXPECT_EQ(wait(), ScopeEnd::kNone);
  other.join();
  const ReadScope scope(nullptr, Clock::now() - hours(1));
  EXPECT_EQ(wait(), ScopeEnd::kNone) << "what is done needs no time";
}

TEST_F(ScopeWaitTest, EndsWithItsScope) {
  {
    const ReadScope scope(nullptr, Clock::now() + milliseconds(5));
    EXPECT_EQ(scope_end(), ScopeEnd::kNone);
    EXPECT_EQ(wait(), ScopeEnd::kDeadline);
    EXPECT_EQ(scope_end(), ScopeEnd::kDeadline);
  }
  for (const auto deadline : {Clock::time_point::max(), Clock::now() + hours(1)}) {
    Cancellation cancellation;
    const ReadScope scope(&cancellation, deadline);
    EXPECT_EQ(scope_end(), ScopeEnd::kNone);
    std::thread other([&] { cancellation.cancel(); });
    EXPECT_EQ(wait(), ScopeEnd::kCancelled);
    other.join();
    EXPECT_EQ(scope_end(), ScopeEnd::kCancelled);
  }
  EXPECT_EQ(scope_end(), ScopeEnd::kNone);
}

// Between its look and its wait a waiter holds the lock, which the cancellation takes: no word is lost.
TEST_F(ScopeWaitTest, HearsACancellationAtAnyMoment) {
  for (int round = 0; round < 500; ++round) {
    Cancellation cancellation;
    std::thread other([&] { cancellation.cancel(); });
    const ReadScope scope(&cancellation, Clock::time_point::max());
    EXPECT_EQ(wait(), ScopeEnd::kCancelled);
    other.join();
  }
}

TEST(ScopeStatus, SaysWhatWasWaitedFor) {
  EXPECT_TRUE(scope_status(ScopeEnd::kNone, "memory").ok());
  EXPECT_EQ(scope_status(ScopeEnd::kCancelled, "memory").code(), Code::kInterrupted);
  const Status late = scope_status(ScopeEnd::kDeadline, "memory");
  EXPECT_EQ(late.code(), Code::kTimeout);
  EXPECT_NE(late.message().find("waited for memory"), std::string::npos);
}

TEST(PauseInScope, LastsUnlessTheScopeEnds) {
  const auto before = Clock::now();
  EXPECT_TRUE(pause_in_scope(milliseconds(3)));
  EXPECT_GE(Clock::now() - before, milliseconds(3));
  {
    const ReadScope scope(nullptr, Clock::now() + milliseconds(3));
    EXPECT_FALSE(pause_in_scope(hours(1)));
  }
  Cancellation cancellation;
  const ReadScope scope(&cancellation, Clock::time_point::max());
  std::thread other([&] { cancellation.cancel(); });
  EXPECT_FALSE(pause_in_scope(hours(1)));
  other.join();
  EXPECT_FALSE(pause_in_scope(milliseconds(1)));
}

}  // namespace
}  // namespace neurofs
