#include "fs/control_requests.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <vector>

#include "core/base/scope_wait.h"

namespace neurofs {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

// What one request came to: its work waits until the test lets it go or its scope ends.
class Waiting {
 public:
  ControlRequests::Work work() {
    return [this] {
      begun_.set_value();
      ScopeWait wait(mutex_, let_go_);
      std::unique_lock lock(mutex_);
      return scope_status(wait.wait(lock, [this] { return may_go_; }), "the test");
    };
  }
  ControlRequests::Reply reply() {
    return [this](const Status& outcome) { outcome_.set_value(outcome.code()); };
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    may_go_ = true;
    let_go_.notify_all();
  }
  void await_begin() { begun_.get_future().wait(); }
  Code outcome() { return outcome_.get_future().get(); }

 private:
  std::mutex mutex_;
  std::condition_variable let_go_;
  bool may_go_ = false;
  std::promise<void> begun_;
  std::promise<Code> outcome_;
};

void submit(ControlRequests& requests, Waiting& waiting) {
  requests.expect(&waiting);
  ASSERT_TRUE(requests.submit(&waiting, waiting.work(), waiting.reply()));
}

TEST(ControlRequests, RepliesWhatTheWorkCameTo) {
  Waiting one;
  ControlRequests requests(minutes(1));
  submit(requests, one);
  one.let_go();
  EXPECT_EQ(one.outcome(), Code::kOk);
}

TEST(ControlRequests, AnInterruptEndsTheWork) {
  Waiting one;
  ControlRequests requests(minutes(1));
  submit(requests, one);
  one.await_begin();
  requests.interrupt(&one);
  EXPECT_EQ(one.outcome(), Code::kInterrupted);
}

TEST(ControlRequests, AnInterruptBeforeTheWorkIsNotMissed) {
  Waiting one;
  ControlRequests requests(minutes(1));
  requests.expect(&one);
  requests.interrupt(&one);
  ASSERT_TRUE(requests.submit(&one, one.work(), one.reply()));
  EXPECT_EQ(one.outcome(), Code::kInterrupted);
}

TEST(ControlRequests, TheDeadlineCountsFromTheBeginningOfTheWork) {
  std::vector<Waiting> first(ControlRequests::kThreads);
  Waiting late;
  ControlRequests requests(milliseconds(200));
  for (Waiting& waiting : first) submit(requests, waiting);
  submit(requests, late);
  for (Waiting& waiting : first) EXPECT_EQ(waiting.outcome(), Code::kTimeout);
  late.let_go();
  EXPECT_EQ(late.outcome(), Code::kOk) << "it waited in the queue as long as a deadline";
}

TEST(ControlRequests, RefusesWhatCannotWait) {
  std::vector<Waiting> taken(ControlRequests::kThreads + ControlRequests::kMostQueued);
  Waiting refused;
  ControlRequests requests(minutes(1));
  for (size_t i = 0; i < taken.size(); ++i) {
    submit(requests, taken[i]);
    // So that the queue is only what no thread has taken.
    if (i < ControlRequests::kThreads) taken[i].await_begin();
  }
  requests.expect(&refused);
  EXPECT_FALSE(requests.submit(&refused, refused.work(), refused.reply()));
  requests.interrupt(&refused);
  for (Waiting& waiting : taken) {
    waiting.let_go();
    EXPECT_EQ(waiting.outcome(), Code::kOk);
  }
}

TEST(ControlRequests, StopEndsWhatRunsAndWhatWaits) {
  std::vector<Waiting> taken(ControlRequests::kThreads + 3);
  Waiting late;
  ControlRequests requests(minutes(1));
  for (Waiting& waiting : taken) submit(requests, waiting);
  requests.stop();
  for (Waiting& waiting : taken) EXPECT_EQ(waiting.outcome(), Code::kInterrupted);
  requests.expect(&late);
  if (requests.submit(&late, late.work(), late.reply())) {
    EXPECT_EQ(late.outcome(), Code::kInterrupted);
  }
}

}  // namespace
}  // namespace neurofs
