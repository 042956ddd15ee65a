// The one object of a .npy field, many readers at once: one of them asks for its version, and holds nobody up.

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <thread>

#include "core/base/scope_wait.h"
#include "tests/field/field_testing.h"

namespace neurofs {
namespace {

using Kind = ChunkPlace::Kind;

// A store whose reads wait, while `stalled`, until release().
class StalledStore final : public MemoryStore {
 public:
  void read(std::span<ReadOp> batch) override {
    ++reads;
    if (stalled) released_.wait();
    MemoryStore::read(batch);
    if (fail) fail_all(batch);
  }
  void release() { release_.set_value(); }
  std::atomic<bool> stalled{false};
  std::atomic<bool> fail{false};
  std::atomic<int> reads{0};

 private:
  void fail_all(std::span<ReadOp> batch) {
    fail = false;
    for (ReadOp& op : batch) {
      op.outcome = ReadOp::Outcome::kError;
      op.status = io_error("failed");
    }
  }
  std::promise<void> release_;
  std::shared_future<void> released_{release_.get_future().share()};
};

class SingleObjectTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}";
    text_ = std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(head.size()) + '\0' + head;
    store_->plant("x.npy", text_ + std::string(48, 'x'));
    field_ = open_stored_field(store_, "x.npy", {}).value();
  }
  ChunkPlace locate() {
    ChunkQuery query{{0, 0}, {}};
    field_->locate({&query, 1});
    return query.place;
  }
  // A reader that has asked the stalled store, and waits for it.
  std::thread ask() {
    field_->forget_indexes();
    store_->stalled = true;
    const int before = store_->reads;
    std::thread first([this] { EXPECT_EQ(locate().kind, Kind::kRange); });
    while (store_->reads == before) std::this_thread::yield();
    return first;
  }
  std::string text_;
  std::shared_ptr<StalledStore> store_ = std::make_shared<StalledStore>();
  std::shared_ptr<StoredField> field_;
};

TEST_F(SingleObjectTest, NobodyWaitsPastItsDeadline) {
  std::thread first = ask();
  {
    const ReadScope scope(nullptr, ReadScope::Clock::now() + std::chrono::milliseconds(1));
    const ChunkPlace place = locate();
    EXPECT_EQ(place.kind, Kind::kError);
    EXPECT_EQ(place.status.code(), Code::kTimeout) << place.status.to_string();
  }
  store_->release();
  first.join();
}

TEST_F(SingleObjectTest, IsForgottenWhileItIsAskedFor) {
  std::thread first = ask();
  field_->forget_indexes();  // hangs, until ctest ends it, where that waits for the store
  const std::string before = store_->stat("x.npy")->version;
  store_->release();
  first.join();
  store_->plant("x.npy", text_ + std::string(48, 'y'));
  // What the first reader learned may have been of the old object: it is asked for again.
  EXPECT_EQ(locate().version, store_->stat("x.npy")->version);
  EXPECT_NE(locate().version, before);
}

TEST_F(SingleObjectTest, IsAskedForOnceByAllReaders) {
  std::thread first = ask();
  const int asked = store_->reads;
  std::array<std::thread, 8> others;
  for (std::thread& other : others) {
    other = std::thread([this] { EXPECT_EQ(locate().kind, Kind::kRange); });
  }
  store_->release();
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(store_->reads, asked);
}

TEST_F(SingleObjectTest, IsAskedForAgainAfterAFailure) {
  field_->forget_indexes();
  store_->fail = true;
  EXPECT_EQ(locate().kind, Kind::kError);
  EXPECT_EQ(locate().kind, Kind::kRange);
  store_->plant("x.npy", std::string(200, '?'));
  field_->forget_indexes();
  EXPECT_EQ(locate().status.code(), Code::kStale);
}

}  // namespace
}  // namespace neurofs
