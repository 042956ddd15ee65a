// The pure parts of reading from remote stores: plans, pauses, limits, latencies.

#include <gtest/gtest.h>

#include <numeric>

#include "core/storage/remote/in_flight_limit.h"
#include "core/storage/remote/latency_record.h"
#include "core/storage/remote/request_planner.h"
#include "core/storage/remote/retry_policy.h"

namespace neurofs::test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using What = RemoteGet::What;

// Ops with a destination each, in memory of one run.
class Ops {
 public:
  Ops() : memory_(64 << 20) { dests_.reserve(100); }
  ReadOp& add(std::string_view key, uint64_t offset, uint64_t length,
              std::string_view version = {}) {
    dests_.push_back(MutableBytes(memory_).subspan(used_, length));
    used_ += length;
    ReadOp& op = ops.emplace_back();
    op.key = key;
    op.range = {offset, length};
    op.dests = {&dests_.back(), 1};
    op.if_version = version;
    return op;
  }
  std::vector<ReadOp> ops;

 private:
  ByteVector memory_;
  std::vector<MutableBytes> dests_;
  size_t used_ = 0;
};

uint64_t size_of(const PlannedRequest& request) {
  uint64_t size = 0;
  for (const auto& part : request.parts) size += part.size;
  return size;
}

TEST(RequestPlanner, NeighboursOfOneVersionAreJoined) {
  Ops ops;
  ops.add("b", 0, 100);
  ops.add("a", 300, 100);
  ops.add("a", 0, 200);
  ops.add("a", 0, 100, "v1");
  ops.add("a", 100, 100, "v2");
  const auto plan = plan_requests(ops.ops, {64 << 10, 8 << 20});
  ASSERT_EQ(plan.size(), 4U);
  EXPECT_EQ(plan[0].range, (ByteRange{0, 400}));
  EXPECT_EQ(plan[0].ops, (std::vector<size_t>{2, 1}));
  ASSERT_EQ(plan[0].parts.size(), 3U);
  EXPECT_EQ(plan[0].parts[1].data, nullptr);
  for (const auto& request : plan) EXPECT_EQ(size_of(request), request.range.length);
}

TEST(RequestPlanner, GapsAreBoundedAlsoBesideWhatIsWanted) {
  Ops ops;
  ops.add("a", 0, 100);
  ops.add("a", 201, 100);  // 101 dropped for 200 wanted
  ops.add("b", 0, 100'000);
  ops.add("b", 100'000 + (64 << 10) + 1, 100'000);
  EXPECT_EQ(plan_requests(ops.ops, {64 << 10, 8 << 20}).size(), 4U);
  ops.ops[1].range.offset = 200;
  EXPECT_EQ(plan_requests(ops.ops, {64 << 10, 8 << 20}).size(), 3U);
  EXPECT_EQ(plan_requests(ops.ops, {99, 8 << 20}).size(), 4U);
}

TEST(RequestPlanner, LargeReadsAreCutAndPinnedToTheFirstPart) {
  Ops ops;
  ops.add("a", 1000, 20 << 20);
  ops.add("b", 1000, 20 << 20, "v");
  const auto plan = plan_requests(ops.ops, {64 << 10, 8 << 20});
  ASSERT_EQ(plan.size(), 6U);
  uint64_t at = 1000;
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(plan[i].range.offset, at);
    EXPECT_LE(plan[i].range.length, 8U << 20);
    EXPECT_EQ(plan[i].after, i == 0 ? PlannedRequest::kNone : 0);
    EXPECT_EQ(plan[3 + i].after, PlannedRequest::kNone);
    at += plan[i].range.length;
  }
  EXPECT_EQ(at, 1000 + (20U << 20));
}

TEST(RequestPlanner, JoinsStayWithinTheLimit) {
  Ops ops;
  for (uint64_t i = 0; i < 20; ++i) ops.add("a", i << 20, 1 << 20);
  const auto plan = plan_requests(ops.ops, {64 << 10, 8 << 20});
  ASSERT_EQ(plan.size(), 3U);
  for (const auto& request : plan) EXPECT_LE(request.range.length, 8U << 20);
}

TEST(RequestPlanner, EndsAndNothingAndNonsense) {
  Ops ops;
  ops.add("a", 20, 20).origin = ReadOp::Origin::kEnd;
  ops.add("a", 1 << 20, 20).origin = ReadOp::Origin::kEnd;
  ops.add("a", 5, 0);
  ops.add("a", UINT64_MAX - 5, 10);
  const auto plan = plan_requests(ops.ops, {64 << 10, 8 << 20});
  ASSERT_EQ(plan.size(), 4U);
  EXPECT_EQ(plan[0].what, What::kSuffix);
  for (size_t i = 1; i < 4; ++i) EXPECT_EQ(plan[i].what, What::kStat);
}

TEST(RetryPolicy, PausesGrowWithChanceAndEnd) {
  const RetryPolicy policy{milliseconds(100), milliseconds(1000), 5};
  const milliseconds long_time(1'000'000);
  for (const uint64_t random : {uint64_t{0}, uint64_t{12345}, UINT64_MAX}) {
    milliseconds base(100);
    for (int attempts = 1; attempts <= 5;
         ++attempts, base = std::min(base * 2, milliseconds(1000))) {
      const auto pause = policy.pause(attempts, std::nullopt, long_time, random);
      ASSERT_TRUE(pause);
      EXPECT_GE(*pause, base / 2);
      EXPECT_LE(*pause, base);
    }
    EXPECT_FALSE(policy.pause(6, std::nullopt, long_time, random));
  }
  EXPECT_EQ(policy.pause(1, milliseconds(7000), long_time, 0), milliseconds(7000));
  EXPECT_FALSE(policy.pause(1, milliseconds(7000), milliseconds(7000), 0));
  EXPECT_FALSE(policy.pause(1, std::nullopt, milliseconds(0), 0));
}

struct CountingWaiter : InFlightLimit::Waiter {
  void admitted() override { ++count; }
  int count = 0;
};

TEST(InFlightLimit, HalvesOncePerRoundAndRegainsOneByOne) {
  using Answer = InFlightLimit::Answer;
  InFlightLimit limit(8);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(limit.try_enter());
  EXPECT_FALSE(limit.try_enter());
  for (int i = 0; i < 8; ++i) limit.leave(Answer::kSlowDown);
  EXPECT_EQ(limit.limit(), 4U);
  EXPECT_EQ(limit.running(), 0U);
  for (unsigned now = 4; now < 8; ++now) {
    for (unsigned i = 0; i < now; ++i) {
      EXPECT_EQ(limit.limit(), now);
      ASSERT_TRUE(limit.try_enter());
      limit.leave(Answer::kServed);
    }
  }
  EXPECT_EQ(limit.limit(), 8U);
}

TEST(InFlightLimit, RoomGoesToWhoWaitsLongest) {
  InFlightLimit limit(1);
  CountingWaiter a;
  CountingWaiter b;
  EXPECT_TRUE(limit.try_enter());
  EXPECT_FALSE(limit.enter(a));
  EXPECT_FALSE(limit.enter(b));
  limit.leave(InFlightLimit::Answer::kServed);
  EXPECT_EQ(a.count, 1);
  EXPECT_FALSE(limit.withdraw(a));
  EXPECT_TRUE(limit.withdraw(b));
  limit.leave(InFlightLimit::Answer::kServed);
  EXPECT_EQ(b.count, 0);
  EXPECT_EQ(limit.running(), 0U);
}

TEST(LatencyRecord, NinetyNineOfAHundredAreWithin) {
  LatencyRecord record;
  for (int i = 0; i < 99; ++i) record.add(4096, microseconds(1000));
  EXPECT_FALSE(record.p99(4096));
  record.add(4096, microseconds(900'000));
  ASSERT_TRUE(record.p99(4096));
  EXPECT_GE(*record.p99(4096), microseconds(1000));
  EXPECT_LE(*record.p99(4096), microseconds(1300));
  EXPECT_FALSE(record.p99(8 << 20)) << "another size";
  for (int i = 0; i < 5000; ++i) record.add(4096, microseconds(20'000));
  EXPECT_GE(*record.p99(4096), microseconds(20'000)) << "the old fades";
}

}  // namespace
}  // namespace neurofs::test
