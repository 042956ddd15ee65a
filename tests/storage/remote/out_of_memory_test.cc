// Reads for which memory runs out, at every place where they ask for some: they end, and nothing is used after that.

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "core/storage/remote/remote_reader.h"
#include "tests/storage/remote/fake_transport.h"

namespace {

// Of this thread: how many allocations still succeed; negative: all.
thread_local int t_left = -1;

}  // namespace

// Not inlined: the compiler would take the pairs of malloc and delete, or of new and free, for mistakes.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (t_left == 0) throw std::bad_alloc();
  if (t_left > 0) --t_left;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
// All forms together: a sanitizer's own would give memory that the others here do not take back.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (t_left == 0) return nullptr;
  if (t_left > 0) --t_left;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace neurofs::test {
namespace {

using Outcome = ReadOp::Outcome;

// Its start() keeps the promise to throw nothing.
class SparedTransport : public FakeTransport {
 public:
  void start(RemoteGet& get) override {
    const int left = std::exchange(t_left, -1);
    FakeTransport::start(get);
    t_left = left;
  }
};

class OutOfMemory : public testing::Test {
 protected:
  static constexpr size_t kOps = 6;
  static constexpr uint64_t kLength = 3000;

  OutOfMemory() {
    for (size_t i = 0; i < kOps; ++i) {
      keys_[i] = "an object whose name is no short string " + std::to_string(i);
      transport_.objects[keys_[i]] = {ByteVector(100'000, std::byte{7}), 1};
    }
    options_.in_flight = 3;  // a place that is not given back is missed soon
    options_.retries = 2;
    options_.deadline = std::chrono::seconds(60);
    reader_ = RemoteReader::create(transport_, "fake://x", options_, &metrics_);
  }

  // All ops in one batch, with `allocations` that succeed. False: it threw, before anything was asked for.
  bool read(int allocations) {
    const int before = transport_.started();
    out_.assign(kOps, ByteVector(kLength));
    dests_.assign(out_.begin(), out_.end());
    ops_.assign(kOps, {});
    for (size_t i = 0; i < kOps; ++i) {
      ops_[i].key = keys_[i];
      ops_[i].range = {i, kLength};
      ops_[i].dests = {&dests_[i], 1};
    }
    t_left = allocations;
    try {
      reader_->read(ops_);
    } catch (const std::bad_alloc&) {
      t_left = -1;
      EXPECT_EQ(transport_.started(), before);
      return false;
    }
    t_left = -1;
    return true;
  }

  std::array<std::string, kOps> keys_;
  Metrics metrics_;
  RemoteOptions options_;
  SparedTransport transport_;
  std::unique_ptr<RemoteReader> reader_;
  std::vector<ByteVector> out_;
  std::vector<MutableBytes> dests_;
  std::vector<ReadOp> ops_;
};

TEST_F(OutOfMemory, WhereverItIsABatchEndsAndGivesItsPlacesBack) {
  // Now and then a request is tried again.
  transport_.script = [](const RemoteGet&, int n) -> std::optional<RemoteAnswer> {
    if (n % 5 == 2) return retry_answer("hiccup");
    return std::nullopt;
  };
  ASSERT_TRUE(read(-1));
  size_t failed = 0;
  size_t unharmed = 0;
  for (int allocations = 0; unharmed < 10; ++allocations) {
    if (!read(allocations)) continue;
    const size_t before = failed;
    for (const ReadOp& op : ops_) {
      ASSERT_TRUE(op.outcome == Outcome::kData || op.outcome == Outcome::kError) << allocations;
      if (op.outcome == Outcome::kData) continue;
      ++failed;
      EXPECT_EQ(op.status.code(), Code::kNoMemory) << op.status.to_string();
    }
    unharmed += failed == before;
  }
  EXPECT_GT(failed, kOps);
  ASSERT_TRUE(read(-1));
  for (const ReadOp& op : ops_) EXPECT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
}

}  // namespace
}  // namespace neurofs::test
