#include "core/cache/block_cache.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstring>
#include <fstream>
#include <new>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "core/cache/epoch.h"

namespace neurofs {
namespace {

using Outcome = BlockRequest::Outcome;

constexpr uint64_t kSlot = 4096;

std::byte byte_of(uint64_t block) {
  return static_cast<std::byte>(block * 37 + 11);
}

void load_pattern(std::span<BlockLoad> loads) {
  for (BlockLoad& l : loads) {
    std::memset(l.dest.data(), static_cast<int>(byte_of(l.key.block)), l.dest.size());
    l.outcome = Outcome::kData;
  }
}

struct BlockCacheTest : testing::Test {
  void make(uint64_t slots, std::chrono::milliseconds wait = std::chrono::milliseconds(200)) {
    BlockCache::Options options;
    options.budget = slots * kSlot;
    options.metrics = &metrics;
    options.slot_wait = wait;
    cache = std::move(BlockCache::create(options)).value();
  }
  static BlockRequest request(uint64_t block) {
    BlockRequest r;
    r.key = {FieldId(1), block};
    r.size = kSlot;
    return r;
  }
  void read(uint64_t block) {
    BlockRequest r = request(block);
    const auto reservation = cache->fetch({&r, 1}, load_pattern);
    ASSERT_TRUE(reservation.ok()) << reservation.status().to_string();
    ASSERT_EQ(r.outcome, Outcome::kData);
    EXPECT_EQ(r.pin.data()[0], byte_of(block));
    EXPECT_EQ(r.pin.data()[kSlot - 1], byte_of(block));
    r.pin.reset();
  }
  bool has(uint64_t block) const { return cache->contains({FieldId(1), block}); }

  Metrics metrics;
  std::unique_ptr<BlockCache> cache;
};

TEST_F(BlockCacheTest, UnknownPolicyListsTheKnownOnes) {
  BlockCache::Options options;
  options.budget = 1 << 20;
  options.policy = "clairvoyant";
  options.metrics = &metrics;
  const auto made = BlockCache::create(options);
  EXPECT_EQ(made.status().code(), Code::kInvalidArgument);
  EXPECT_NE(made.status().message().find("lru"), std::string::npos);
}

TEST_F(BlockCacheTest, ABudgetWhoseTablesAreRefusedSaysSo) {
  BlockCache::Options options;
  options.budget = uint64_t{1} << 43;
  options.metrics = &metrics;
  uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  if (pages > uint64_t{4} << 18) GTEST_SKIP() << "a sanitizer has taken more address space";
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  const rlimit tight = {.rlim_cur = rlim_t{8} << 30, .rlim_max = before.rlim_max};
  if (setrlimit(RLIMIT_AS, &tight) != 0) GTEST_SKIP() << "no limit can be set here";
  const auto made = BlockCache::create(options);
  setrlimit(RLIMIT_AS, &before);
  EXPECT_EQ(made.status().code(), Code::kNoMemory);
}

TEST_F(BlockCacheTest, LoadsOnceThenHits) {
  make(4);
  read(5);
  BlockRequest r = request(5);
  const auto reservation = cache->fetch({&r, 1}, [](std::span<BlockLoad>) { FAIL(); });
  ASSERT_TRUE(reservation.ok());
  EXPECT_EQ(r.outcome, Outcome::kData);
  const EpochGuard guard;
  ASSERT_NE(cache->peek({FieldId(1), 5}), nullptr);
  EXPECT_EQ(*cache->peek({FieldId(1), 5}), byte_of(5));
  EXPECT_EQ(cache->peek({FieldId(2), 5}), nullptr);
}

TEST_F(BlockCacheTest, EvictsTheLeastRecentlyUsed) {
  make(3);
  read(1);
  read(2);
  read(3);
  read(1);
  read(4);
  EXPECT_TRUE(has(1));
  EXPECT_FALSE(has(2));
  EXPECT_TRUE(has(3));
  EXPECT_TRUE(has(4));
  EXPECT_LE(cache->peak(), 3 * kSlot);
}

TEST_F(BlockCacheTest, PinnedBlocksStayAndComeBackToThePolicy) {
  make(2);
  read(1);
  BlockPin pin = cache->pin({FieldId(1), 1});
  ASSERT_TRUE(pin);
  for (uint64_t b = 2; b < 10; ++b) read(b);
  EXPECT_EQ(pin.data()[0], byte_of(1));
  EXPECT_TRUE(has(1));
  pin.reset();
  read(20);
  read(21);
  read(22);
  EXPECT_FALSE(has(1));
}

// A first read makes a note, which the policy hears later: that must not undo it.
TEST_F(BlockCacheTest, WhatIsDemotedLeavesFirstThoughItHasJustBeenRead) {
  make(4);
  BlockRequest ahead = request(1);
  cache->prefetch({&ahead, 1}, load_pattern);
  for (const uint64_t block : {2, 3, 4}) read(block);
  {
    const EpochGuard guard;
    ASSERT_NE(cache->peek({FieldId(1), 1}), nullptr);
  }
  const uint64_t gone[] = {1};
  cache->demote(FieldId(1), gone);
  read(5);
  EXPECT_FALSE(has(1));
  EXPECT_TRUE(has(2));
}

// A list that is longer than what is demoted at once, and holds what is not here.
TEST_F(BlockCacheTest, ALongListIsDemotedToItsEnd) {
  make(4);
  for (const uint64_t block : {1, 2, 3, 4}) read(block);
  std::vector<uint64_t> gone(1000);
  std::iota(gone.begin(), gone.end(), 100);
  gone.push_back(3);
  cache->demote(FieldId(1), gone);
  read(5);
  EXPECT_FALSE(has(3));
  EXPECT_TRUE(has(1));
}

TEST_F(BlockCacheTest, AllPinnedIsNoMemoryAfterAWhile) {
  make(1, std::chrono::milliseconds(20));
  read(1);
  const BlockPin pin = cache->pin({FieldId(1), 1});
  BlockRequest r = request(2);
  const auto reservation = cache->fetch({&r, 1}, load_pattern);
  ASSERT_TRUE(reservation.ok());
  EXPECT_EQ(r.outcome, Outcome::kError);
  EXPECT_EQ(r.status.code(), Code::kNoMemory);
}

TEST_F(BlockCacheTest, AGroupLargerThanTheBudgetIsRefused) {
  make(2);
  std::vector<BlockRequest> requests;
  for (uint64_t b = 0; b < 3; ++b) requests.push_back(request(b));
  EXPECT_EQ(cache->fetch(requests, load_pattern).status().code(), Code::kNoMemory);
}

TEST_F(BlockCacheTest, FailuresAndMissingAreNotCached) {
  make(2);
  int calls = 0;
  const auto load = [&](std::span<BlockLoad> loads) {
    ++calls;
    for (BlockLoad& l : loads) {
      l.outcome = calls == 1 ? Outcome::kError : Outcome::kMissing;
      l.status = calls == 1 ? corrupt("flipped") : Status();
    }
    if (calls == 3) load_pattern(loads);
  };
  BlockRequest r = request(1);
  (void)cache->fetch({&r, 1}, load);
  EXPECT_EQ(r.outcome, Outcome::kError);
  EXPECT_EQ(r.status.code(), Code::kCorrupt);
  r = request(1);
  (void)cache->fetch({&r, 1}, load);
  EXPECT_EQ(r.outcome, Outcome::kMissing);
  r = request(1);
  (void)cache->fetch({&r, 1}, load);
  EXPECT_EQ(r.outcome, Outcome::kData);
  EXPECT_EQ(calls, 3);
}

TEST_F(BlockCacheTest, ALoaderWithoutMemoryFailsItsReadersOnly) {
  make(4);
  BlockRequest r = request(1);
  (void)cache->fetch({&r, 1}, [](std::span<BlockLoad>) { throw std::bad_alloc(); });
  EXPECT_EQ(r.outcome, Outcome::kError);
  EXPECT_EQ(r.status.code(), Code::kNoMemory);
  read(1);
}

TEST_F(BlockCacheTest, ALoaderThatThrowsAnythingFailsItsReadersOnly) {
  make(4);
  BlockRequest r = request(1);
  (void)cache->fetch({&r, 1}, [](std::span<BlockLoad>) { throw std::length_error("too long"); });
  EXPECT_EQ(r.outcome, Outcome::kError);
  EXPECT_EQ(r.status.code(), Code::kInternal);
  read(1);
}

// A reader that lost its CPU under a guard holds one victim back; the others stay.
TEST_F(BlockCacheTest, AHeldGuardDoesNotEmptyTheCache) {
  make(8);
  for (uint64_t block = 0; block < 8; ++block) read(block);
  std::thread reader;
  {
    const EpochGuard guard;
    reader = std::thread([&] { read(100); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  reader.join();
  int present = 0;
  for (uint64_t block = 0; block < 8; ++block) present += cache->contains({FieldId(1), block});
  EXPECT_EQ(present, 7);
}

TEST_F(BlockCacheTest, R37OneLoadForManyReaders) {
  make(8);
  std::atomic<int> loads{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 100; ++i) {
    readers.emplace_back([&] {
      BlockRequest r = request(7);
      const auto reservation = cache->fetch({&r, 1}, [&](std::span<BlockLoad> l) {
        ++loads;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        load_pattern(l);
      });
      ASSERT_TRUE(reservation.ok());
      ASSERT_EQ(r.outcome, Outcome::kData);
      EXPECT_EQ(r.pin.data()[17], byte_of(7));
      r.pin.reset();
    });
  }
  for (auto& t : readers) t.join();
  EXPECT_EQ(loads, 1);
}

TEST_F(BlockCacheTest, DropForgetsOneFieldAndPinsOutliveIt) {
  make(8);
  read(1);
  read(2);
  BlockPin pin = cache->pin({FieldId(1), 1});
  const std::array fields = {FieldId(1), FieldId(2)};
  cache->drop(std::span(fields).last(1));
  EXPECT_TRUE(has(1));
  cache->drop(std::span(fields).first(1));
  EXPECT_FALSE(has(1));
  EXPECT_FALSE(has(2));
  EXPECT_EQ(pin.data()[0], byte_of(1));
  read(1);
  for (uint64_t b = 10; b < 30; ++b) read(b);
  EXPECT_EQ(pin.data()[5], byte_of(1)) << "its slot was given to another while it was pinned";
  pin.reset();
  for (uint64_t b = 10; b < 30; ++b) read(b);
}

TEST_F(BlockCacheTest, PrefetchFillsQuietlyAndIsCounted) {
  make(4);
  std::vector<BlockRequest> requests;
  for (uint64_t b = 0; b < 2; ++b) requests.push_back(request(b));
  cache->prefetch(requests, load_pattern);
  EXPECT_TRUE(has(0));
  EXPECT_TRUE(has(1));
  read(0);
  EXPECT_EQ(cache->prefetch_used(), 1u);
  for (uint64_t b = 10; b < 14; ++b) read(b);
  EXPECT_EQ(cache->prefetch_wasted(), 1u);
  std::vector<uint64_t> wasted;
  cache->take_wasted(FieldId(99), &wasted);
  EXPECT_TRUE(wasted.empty());
  cache->take_wasted(request(1).key.field, &wasted);
  EXPECT_EQ(wasted, std::vector<uint64_t>{1});
  cache->take_wasted(request(1).key.field, &wasted);
  EXPECT_EQ(wasted.size(), 1u) << "told twice";
}

// The ring of a thread is full by then, but whoever finds it so empties it.
TEST_F(BlockCacheTest, AFirstReadIsHeardThoughThereIsNoRoomForItsNote) {
  constexpr uint64_t kSlots = 200;
  constexpr uint64_t kRing = 64;
  make(kSlots);
  std::vector<BlockRequest> requests;
  for (uint64_t b = 0; b <= kRing; ++b) requests.push_back(request(b));
  cache->prefetch(requests, load_pattern);
  for (uint64_t b = kRing + 1; b-- > 0;) ASSERT_TRUE(cache->pin(request(b).key));
  for (uint64_t b = kRing + 1; b <= kSlots; ++b) read(b);
  EXPECT_FALSE(has(kRing)) << "it was read before the others";
  EXPECT_TRUE(has(0)) << "it was read last";
}

TEST_F(BlockCacheTest, PrefetchNeverTakesTheLastHalf) {
  make(4);
  std::vector<BlockRequest> requests;
  for (uint64_t b = 0; b < 3; ++b) requests.push_back(request(b));
  cache->prefetch(requests, [](std::span<BlockLoad>) { FAIL() << "more than half the budget"; });
  EXPECT_FALSE(has(0));
}

}  // namespace
}  // namespace neurofs
