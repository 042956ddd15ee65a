// Selections of a field whose store is slow, fails or is replaced: who waits, for how long, and what is told.
#include "fs/stored_selections.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "core/storage/memory_store.h"
#include "tests/fs/npy_text.h"
#include "tests/storage/fault_store.h"

namespace neurofs {
namespace {

using namespace test;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Stats wait while it is held.
class HeldStats final : public FaultStore {
 public:
  using FaultStore::FaultStore;

  Result<ObjectInfo> stat(std::string_view key) override {
    std::unique_lock lock(mutex_);
    ++stats_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    if (fails_) return Status(Code::kIoError, "the store is away");
    return FaultStore::stat(key);
  }
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void fail(bool fails) {
    const std::lock_guard lock(mutex_);
    fails_ = fails;
  }
  void wait_for_stats(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stats_ >= count; });
  }
  int stats() {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;  // guarded by mutex_, as all below
  bool fails_ = false;
  int stats_ = 0;
};

class StoredSelectionsTest : public testing::Test {
 protected:
  using Found = Result<std::shared_ptr<const Selection>>;

  static FieldSpec spec_of_neurons(Index neurons) {
    FieldSpec spec;
    spec.shape = {neurons, 4};
    spec.chunk_shape = spec.shape;
    spec.neuron_axes = 1;
    spec.fill.resize(4);
    return spec;
  }
  ~StoredSelectionsTest() override {
    store->hold(false);
    looks.reset();  // before what its threads look at
  }

  void plant(const std::string& path, std::initializer_list<int32_t> rows) {
    memory->plant(path + "/.neurofs-selections/some.npy", npy_of(rows));
  }
  // After so long the next one who asks starts a look.
  static void pass_second() { std::this_thread::sleep_for(milliseconds(1050)); }

  const std::shared_ptr<MemoryStore> memory = std::make_shared<MemoryStore>();
  const std::shared_ptr<HeldStats> store = std::make_shared<HeldStats>(memory);
  const FieldSpec spec = spec_of_neurons(100);
  std::unique_ptr<RegionLooks> looks = std::make_unique<RegionLooks>();
  StoredSelections one{*store, spec, "one", *looks};
  StoredSelections two{*store, spec, "two", *looks};
};

TEST_F(StoredSelectionsTest, R45_LongWaitsAreCountedForTheWholeMount) {
  looks->set_workers(16);  // one of them may wait
  plant("one", {7});
  plant("two", {8});
  store->hold(true);
  const auto ask = [](StoredSelections* selections) { return selections->current("some"); };
  auto first = std::async(std::launch::async, ask, &one);
  store->wait_for_stats(1);
  // Those of this field and of another: the one that may wait long does.
  for (StoredSelections* selections : {&one, &two, &two}) {
    EXPECT_EQ(selections->current("some").status().code(), Code::kTimeout);
  }
  EXPECT_EQ(first.wait_for(milliseconds(0)), std::future_status::timeout);
  store->hold(false);
  const Found found = first.get();
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  EXPECT_EQ((*found)->rows, (std::vector<Index>{7}));
}

TEST_F(StoredSelectionsTest, R45_OfFewWorkersNoneWaitsLong) {
  looks->set_workers(2);
  plant("one", {7});
  store->hold(true);
  EXPECT_EQ(one.current("some").status().code(), Code::kTimeout);
  EXPECT_FALSE(looks->begin_long_wait());
  looks->set_workers(16);
  EXPECT_TRUE(looks->begin_long_wait());
  EXPECT_FALSE(looks->begin_long_wait());
  looks->end_long_wait();
}

TEST_F(StoredSelectionsTest, R45_WhoComesLateWaitsForTheRestOfALooksPatience) {
  looks->set_workers(2);
  plant("one", {7});
  store->hold(true);
  EXPECT_FALSE(one.current("some").ok());
  // Would take 50 s if each waited anew.
  auto many = std::async(std::launch::async, [this] {
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(one.current("some").ok());
  });
  EXPECT_EQ(many.wait_for(seconds(20)), std::future_status::ready);
  store->hold(false);
}

TEST_F(StoredSelectionsTest, R45_AKnownSelectionIsToldWhileTheStoreStalls) {
  plant("one", {7});
  const Found known = one.current("some");
  ASSERT_TRUE(known.ok());
  pass_second();
  store->hold(true);
  std::vector<std::future<Found>> waiters;
  for (int i = 0; i < 4; ++i) {
    waiters.push_back(std::async(std::launch::async, [this] { return one.current("some"); }));
  }
  for (auto& waiter : waiters) {
    const Found found = waiter.get();
    ASSERT_TRUE(found.ok()) << found.status().to_string();
    EXPECT_EQ(*found, *known);
  }
  EXPECT_EQ(store->stats(), 2) << "the look still runs";
}

TEST_F(StoredSelectionsTest, R45_AKnownSelectionOutlivesAnOutageAndThenIsLookedAt) {
  plant("one", {7});
  const Found known = one.current("some");
  ASSERT_TRUE(known.ok());
  pass_second();
  store->fail(true);
  const Found meanwhile = one.current("some");
  ASSERT_TRUE(meanwhile.ok()) << meanwhile.status().to_string();
  EXPECT_EQ(*meanwhile, *known);
  EXPECT_EQ(store->stats(), 2);
  store->fail(false);
  plant("one", {8});
  pass_second();
  const Found after = one.current("some");
  ASSERT_TRUE(after.ok()) << after.status().to_string();
  EXPECT_EQ((*after)->rows, (std::vector<Index>{8}));
}

TEST_F(StoredSelectionsTest, WhatTheStoreHasNoMoreIsNotTold) {
  plant("one", {7});
  const Found known = one.current("some");
  ASSERT_TRUE(known.ok());
  ASSERT_TRUE(memory->remove("one/.neurofs-selections/some.npy").ok());
  pass_second();
  EXPECT_EQ(one.current("some").status().code(), Code::kNotFound);
  plant("one", {7});
  pass_second();
  EXPECT_TRUE(one.current("some").ok());
}

TEST_F(StoredSelectionsTest, AnotherVersionThatCannotBeReadEndsTheOldOne) {
  plant("one", {7});
  const Found known = one.current("some");
  ASSERT_TRUE(known.ok());
  plant("one", {8});
  store->add({.key_part = "some.npy", .fault = Fault::kError});
  pass_second();
  EXPECT_EQ(one.current("some").status().code(), Code::kIoError);
}

TEST_F(StoredSelectionsTest, TheSameRowsAnewAreTheSameSelection) {
  plant("one", {7, 3});
  const Found known = one.current("some");
  ASSERT_TRUE(known.ok());
  plant("one", {7, 3});  // another version
  pass_second();
  const Found again = one.current("some");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, *known);
}

TEST_F(StoredSelectionsTest, AFailureIsToldForTheSecondOfItsLook) {
  EXPECT_EQ(one.current("some").status().code(), Code::kNotFound);
  EXPECT_EQ(one.current("some").status().code(), Code::kNotFound);
  EXPECT_LE(store->stats(), 2) << "both within the second, unless this machine is slow";
}

TEST(ParseSelection, DecodesMoreThanOnePiece) {
  std::string big;  // 2^18 + 3 rows of >i8: two pieces
  constexpr int kCount = (1 << 18) + 3;
  for (int i = 0; i < kCount; ++i) {
    const int64_t swapped = static_cast<int64_t>(__builtin_bswap64(static_cast<uint64_t>(i % 97)));
    big.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
  }
  const std::string file = npy_text(">i8", "(" + std::to_string(kCount) + ",)", big);
  const auto selection = parse_selection(std::as_bytes(std::span(file)), 97);
  ASSERT_TRUE(selection.ok()) << selection.status().to_string();
  ASSERT_EQ((*selection)->rows.size(), static_cast<size_t>(kCount));
  for (int i = 0; i < kCount; ++i) ASSERT_EQ((*selection)->rows[static_cast<size_t>(i)], i % 97);
}

}  // namespace
}  // namespace neurofs
