// RemoteReader over a transport that a test scripts.

#include "core/storage/remote/remote_reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/base/cancellation.h"
#include "tests/storage/remote/fake_transport.h"

namespace neurofs::test {
namespace {

using Kind = RemoteAnswer::Kind;
using Outcome = ReadOp::Outcome;
using std::chrono::milliseconds;

ByteVector random_bytes(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  ByteVector bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

RemoteAnswer hold() {
  RemoteAnswer answer;
  answer.kind = FakeTransport::kHold;
  return answer;
}

class RemoteReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    transport_.objects["a"] = {random_bytes(100'000, 1), 1};
    options_.retries = 3;
    options_.deadline = milliseconds(30'000);
  }
  ReadOp read(ByteRange range, std::string_view version = {}, ObjectInfo* seen = nullptr) {
    if (!reader_) reader_ = RemoteReader::create(transport_, "fake://x", options_, &metrics_);
    out_.assign(range.length, std::byte{0xee});
    const MutableBytes dest(out_);
    ReadOp op;
    op.key = "a";
    op.range = range;
    op.dests = {&dest, 1};
    op.if_version = version;
    op.seen = seen;
    reader_->read({&op, 1});
    op.dests = {};
    return op;
  }
  // `length` bytes, the first of them `offset` before the object's end.
  ReadOp read_end(uint64_t offset, uint64_t length) {
    if (!reader_) reader_ = RemoteReader::create(transport_, "fake://x", options_, &metrics_);
    out_.assign(length, std::byte{0xee});
    const MutableBytes dest(out_);
    ReadOp op;
    op.key = "a";
    op.origin = ReadOp::Origin::kEnd;
    op.range = {offset, length};
    op.dests = {&dest, 1};
    reader_->read({&op, 1});
    op.dests = {};
    return op;
  }
  bool right(ByteRange range) const {
    const ByteVector& all = transport_.objects.at("a").first;
    return std::equal(out_.begin(), out_.end(), all.begin() + static_cast<ptrdiff_t>(range.offset));
  }
  double metric(const std::string& name) const {
    for (const auto& sample : metrics_.snapshot()) {
      if (sample.name == name) return sample.value;
    }
    return -1;
  }

  Metrics metrics_;
  RemoteOptions options_;
  FakeTransport transport_;
  std::unique_ptr<RemoteReader> reader_;
  ByteVector out_;
};

TEST_F(RemoteReaderTest, FailuresAreTriedAgainAndTheFirstCauseIsNamed) {
  transport_.script = [](const RemoteGet&, int n) -> std::optional<RemoteAnswer> {
    if (n < 2) return retry_answer("hiccup");
    return std::nullopt;
  };
  ObjectInfo seen;
  ASSERT_EQ(read({10, 100}, {}, &seen).outcome, Outcome::kData);
  EXPECT_TRUE(right({10, 100}));
  EXPECT_EQ(seen.version, "v1");
  EXPECT_EQ(seen.size, 100'000U);
  EXPECT_EQ(seen.modified_ns, 77);
  EXPECT_EQ(metric("store_requests_total"), 3);
  EXPECT_EQ(metric("store_retries_total"), 2);
  EXPECT_EQ(metric("store_requested_bytes_total"), 100);
  EXPECT_EQ(metric("store_read_bytes_total"), 100);
  transport_.script = [](const RemoteGet&, int n) {
    return retry_answer("hiccup " + std::to_string(n));
  };
  const ReadOp op = read({10, 100});
  EXPECT_EQ(op.status.code(), Code::kIoError);
  for (const char* part : {"hiccup 3", "hiccup 6", "'a'", "fake://x", "4 attempts"}) {
    EXPECT_NE(op.status.message().find(part), std::string::npos) << op.status.message();
  }
}

TEST_F(RemoteReaderTest, ItsDeadlineEndsARead) {
  options_.deadline = milliseconds(50);
  transport_.script = [](const RemoteGet&, int) { return hold(); };
  EXPECT_EQ(read({0, 10}).status.code(), Code::kTimeout);
  transport_.script = [](const RemoteGet&, int) {
    RemoteAnswer answer = retry_answer("busy", true);
    answer.retry_after = milliseconds(1000);
    return answer;
  };
  EXPECT_EQ(read({0, 10}).status.code(), Code::kTimeout);
  EXPECT_EQ(transport_.started(), 2);
}

TEST_F(RemoteReaderTest, ACancelledReadEndsAtOnce) {
  Cancellation cancellation;
  const ReadScope scope(&cancellation, ReadScope::Clock::time_point::max());
  transport_.script = [&](const RemoteGet&, int) { return hold(); };
  std::thread canceller([&] {
    while (transport_.started() == 0) std::this_thread::yield();
    cancellation.cancel();
  });
  EXPECT_EQ(read({0, 10}).status.code(), Code::kInterrupted);
  canceller.join();
  EXPECT_EQ(read({0, 10}).status.code(), Code::kInterrupted);
}

TEST_F(RemoteReaderTest, AChangedObjectIsStaleAndAPartOfAnotherVersionToo) {
  EXPECT_EQ(read({0, 10}, "v0").status.code(), Code::kStale);
  transport_.objects["a"] = {random_bytes(20 << 20, 2), 5};
  EXPECT_EQ(read({5, 19 << 20}).outcome, Outcome::kData);
  EXPECT_TRUE(right({5, 19 << 20}));
  // The second part comes after the object was replaced: it is asked for by the first one's version.
  transport_.script = [&](const RemoteGet& get, int) -> std::optional<RemoteAnswer> {
    if (get.range.offset == 5) return std::nullopt;
    EXPECT_EQ(get.if_version, "v5");
    RemoteAnswer changed;
    changed.kind = Kind::kChanged;
    return changed;
  };
  EXPECT_EQ(read({5, 19 << 20}).status.code(), Code::kStale);
}

// The object is replaced after the first part came: the read is of the new one as a whole.
TEST_F(RemoteReaderTest, R25AReadThatMeetsTwoVersionsIsReadAgainOnce) {
  constexpr ByteRange kRange{5, 40 << 20};
  transport_.objects["a"] = {random_bytes(41 << 20, 2), 5};
  int firsts = 0;
  transport_.script = [&](const RemoteGet& get, int) -> std::optional<RemoteAnswer> {
    firsts += get.range.offset == 5 ? 1 : 0;
    if (firsts == 2 || get.range.offset == 5) return std::nullopt;
    // One part says so, another is under way for ever, others bring bytes of the old one.
    if (get.range.offset < 16 << 20) return hold();
    if (get.range.offset < 24 << 20) return answer_of(Kind::kChanged, {});
    return std::nullopt;
  };
  ObjectInfo seen;
  const ReadOp op = read(kRange, {}, &seen);
  ASSERT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
  EXPECT_EQ(firsts, 2);
  EXPECT_TRUE(right(kRange));
  EXPECT_EQ(seen.version, "v5");

  firsts = 0;
  transport_.script = [&](const RemoteGet& get, int) -> std::optional<RemoteAnswer> {
    firsts += get.range.offset == 5 ? 1 : 0;
    if (get.range.offset == 5) return std::nullopt;
    return answer_of(Kind::kChanged, {});
  };
  EXPECT_EQ(read(kRange).status.code(), Code::kStale) << "it changes faster than it can be read";
  EXPECT_EQ(firsts, 2);

  // What is gone when it is read again was there all the same: it is no object that was never stored.
  firsts = 0;
  transport_.script = [&](const RemoteGet& get, int) -> std::optional<RemoteAnswer> {
    firsts += get.range.offset == 5 ? 1 : 0;
    if (firsts == 2) return answer_of(Kind::kMissing, {});
    if (get.range.offset == 5) return std::nullopt;
    return answer_of(Kind::kChanged, {});
  };
  EXPECT_EQ(read(kRange).status.code(), Code::kStale);
}

// A momentary 404, as of a server that replaces the object.
TEST_F(RemoteReaderTest, WhatVanishesWhileItIsReadIsNotMissing) {
  constexpr ByteRange kRange{5, 19 << 20};
  transport_.objects["a"] = {random_bytes(20 << 20, 2), 5};
  transport_.script = [](const RemoteGet& get, int) -> std::optional<RemoteAnswer> {
    if (get.what == RemoteGet::What::kStat || get.range.offset == 5) return std::nullopt;
    return answer_of(Kind::kMissing, {});
  };
  const ReadOp parts = read(kRange);
  EXPECT_EQ(parts.status.code(), Code::kStale) << parts.status.to_string();
  EXPECT_NE(parts.status.message().find("vanished"), std::string::npos);
  const ReadOp end = read_end(90'000, 1000);
  EXPECT_EQ(end.status.code(), Code::kStale) << "described, then denied";
  transport_.script = [](const RemoteGet&, int) { return answer_of(Kind::kMissing, {}); };
  EXPECT_EQ(read(kRange).outcome, Outcome::kMissing) << "denied from the first";
}

// What cannot say that an object is missing (a reply to HEAD) is asked again in a way that can.
TEST_F(RemoteReaderTest, AnUnprovenMissingObjectIsAskedForByItsFirstByte) {
  RemoteAnswer unproven = answer_of(Kind::kMissing, {});
  unproven.unproven = true;
  std::optional<RemoteAnswer> first_byte;
  const auto stat = [&] {
    transport_.script = [&](const RemoteGet& get, int) -> std::optional<RemoteAnswer> {
      if (get.what == RemoteGet::What::kStat) return unproven;
      EXPECT_EQ(get.range, (ByteRange{0, 1}));
      return first_byte;
    };
    reader_ = RemoteReader::create(transport_, "fake://x", options_, &metrics_);
    return reader_->stat("a");
  };
  auto found = stat();
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  EXPECT_TRUE(found->exists) << "the first answer was wrong";
  EXPECT_EQ(found->size, 100'000U);
  first_byte = answer_of(Kind::kMissing, {});
  found = stat();
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  EXPECT_FALSE(found->exists);
  first_byte = answer_of(Kind::kFailed, io_error("a page of a proxy"));
  EXPECT_EQ(stat().status().code(), Code::kIoError);
  // An end is found by the description as well.
  transport_.script = [&](const RemoteGet& get, int) -> std::optional<RemoteAnswer> {
    return get.what == RemoteGet::What::kStat ? std::optional(unproven) : std::nullopt;
  };
  EXPECT_EQ(read_end(90'000, 1000).outcome, Outcome::kData);
  EXPECT_TRUE(right({10'000, 1000}));
}

// The end of an object is found by its description, which tells the version to read.
TEST_F(RemoteReaderTest, R25AnEndOfTwoVersionsIsReadAgainToo) {
  transport_.script = [](const RemoteGet& get, int n) -> std::optional<RemoteAnswer> {
    if (n == 1) return answer_of(Kind::kChanged, {});
    EXPECT_EQ(get.what, n % 2 == 0 ? RemoteGet::What::kStat : RemoteGet::What::kRange);
    return std::nullopt;
  };
  const ReadOp op = read_end(90'000, 1000);
  ASSERT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
  EXPECT_TRUE(right({10'000, 1000}));
  EXPECT_EQ(transport_.started(), 4);
}

TEST_F(RemoteReaderTest, R25WhatTheCallerPinnedIsNotReadAgain) {
  EXPECT_EQ(read({0, 10}, "v0").status.code(), Code::kStale);
  EXPECT_EQ(transport_.started(), 1);
}

TEST_F(RemoteReaderTest, AHedgeWinsAgainstARequestThatHangs) {
  options_.hedge = true;
  for (int i = 0; i < 150; ++i) ASSERT_EQ(read({0, 10}).outcome, Outcome::kData);
  const int before = transport_.started();
  transport_.script = [before](const RemoteGet&, int n) -> std::optional<RemoteAnswer> {
    if (n == before) return hold();
    return std::nullopt;
  };
  ASSERT_EQ(read({1000, 50}).outcome, Outcome::kData);
  EXPECT_TRUE(right({1000, 50}));
  EXPECT_GE(metric("store_hedges_won_total"), 1);
}

TEST_F(RemoteReaderTest, RequestsAtOnceStayWithinTheLimitOfTheStore) {
  options_.in_flight = 4;
  reader_ = RemoteReader::create(transport_, "fake://x", options_, &metrics_);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        ByteVector out(8 * 10);
        std::vector<MutableBytes> dests(8);
        std::vector<ReadOp> ops(8);
        for (size_t k = 0; k < 8; ++k) {
          dests[k] = MutableBytes(out).subspan(k * 10, 10);
          ops[k].key = "a";
          ops[k].range = {k * 10'000, 10};
          ops[k].dests = {&dests[k], 1};
        }
        reader_->read(ops);
        for (const ReadOp& op : ops) wrong += op.outcome == Outcome::kData ? 0 : 1;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(transport_.most_at_once(), 4U);
}

TEST_F(RemoteReaderTest, RefusalsHalveTheRequestsAtOnce) {
  transport_.script = [](const RemoteGet&, int n) -> std::optional<RemoteAnswer> {
    if (n == 0) return retry_answer("SlowDown", true);
    return std::nullopt;
  };
  ASSERT_EQ(read({0, 10}).outcome, Outcome::kData);
  EXPECT_LT(reader_->in_flight_limit(), 32U);
  EXPECT_EQ(metric("store_slow_downs_total"), 1);
}

// Batches of every kind of op, with failures, against a plain map.
TEST(RemoteReaderModel, RandomBatchesReadWhatTheObjectsHold) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    FakeTransport transport(seed);
    for (const char* key : {"a", "b", "c/d"}) {
      transport.objects[key] = {random_bytes(random() % 300'000, seed), static_cast<int>(seed)};
    }
    std::mt19937 faults(seed);
    transport.script = [&faults](const RemoteGet&, int) -> std::optional<RemoteAnswer> {
      if (faults() % 10 == 0) return retry_answer("hiccup", faults() % 3 == 0);
      return std::nullopt;
    };
    RemoteOptions options;
    options.in_flight = 1 + random() % 8;
    options.retries = 50;
    options.hedge = seed % 2 == 0;
    options.gap = random() % 50'000;
    const auto reader = RemoteReader::create(transport, "fake://x", options, nullptr);
    const size_t count = 1 + random() % 60;
    std::vector<ByteVector> out(count);
    std::vector<ByteVector> wholes(count);
    std::vector<MutableBytes> dests(count);
    std::vector<ObjectInfo> seen(count);
    std::vector<ReadOp> ops(count);
    const std::string version = "v" + std::to_string(seed);
    const std::string other = "v0";
    const char* const keys[] = {"a", "b", "c/d", "gone"};
    for (size_t i = 0; i < count; ++i) {
      out[i].assign(random() % (random() % 2 == 0 ? 100 : 30'000), std::byte{0xee});
      dests[i] = out[i];
      ops[i].key = keys[random() % 4];
      ops[i].range = {random() % 310'000, out[i].size()};
      ops[i].dests = {&dests[i], 1};
      ops[i].seen = random() % 2 == 0 ? &seen[i] : nullptr;
      if (random() % 4 == 0) ops[i].origin = ReadOp::Origin::kEnd;
      if (random() % 3 == 0) ops[i].if_version = random() % 5 == 0 ? other : version;
      if (random() % 8 == 0) {
        ops[i].whole = &wholes[i];
        ops[i].whole_limit = random() % 400'000;
      }
    }
    reader->read(ops);
    for (size_t i = 0; i < count; ++i) {
      const ReadOp& op = ops[i];
      const auto found = transport.objects.find(std::string(op.key));
      if (found == transport.objects.end()) {
        EXPECT_EQ(op.outcome, Outcome::kMissing);
        continue;
      }
      const ByteVector& bytes = found->second.first;
      if (op.if_version == "v0") {
        EXPECT_EQ(op.status.code(), Code::kStale) << op.status.to_string();
        continue;
      }
      const bool end = op.origin == ReadOp::Origin::kEnd;
      const bool fits = op.whole != nullptr ? bytes.size() <= op.whole_limit
                        : end
                            ? op.range.offset <= bytes.size() && op.range.length <= op.range.offset
                            : op.range.end() <= bytes.size();
      if (!fits) {
        EXPECT_EQ(op.status.code(), Code::kCorrupt) << op.status.to_string();
        continue;
      }
      ASSERT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
      const size_t at = end ? bytes.size() - op.range.offset : op.range.offset;
      if (op.whole != nullptr) {
        EXPECT_TRUE(wholes[i] == bytes);
      } else {
        EXPECT_TRUE(
            std::equal(out[i].begin(), out[i].end(), bytes.begin() + static_cast<ptrdiff_t>(at)));
      }
      if (op.seen == nullptr) continue;
      EXPECT_EQ(op.seen->version, version);
      EXPECT_EQ(op.seen->size, bytes.size());
    }
  }
}

}  // namespace
}  // namespace neurofs::test
