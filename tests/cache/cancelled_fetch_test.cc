// Readers that give up: they leave at once, and what they leave behind serves the others.

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>

#include "core/base/cancellation.h"
#include "core/base/scope_wait.h"
#include "core/cache/block_cache.h"

namespace neurofs {
namespace {

using Outcome = BlockRequest::Outcome;
using Clock = ReadScope::Clock;
constexpr auto kForever = Clock::time_point::max();
constexpr uint64_t kSize = 4096;

void fill(std::span<BlockLoad> loads) {
  for (BlockLoad& l : loads) {
    std::memset(l.dest.data(), static_cast<int>(l.key.block), l.dest.size());
    l.outcome = Outcome::kData;
  }
}
void fail(std::span<BlockLoad> loads, Code code) {
  for (BlockLoad& l : loads) {
    l.outcome = Outcome::kError;
    l.status = Status(code, "the load failed");
  }
}
void wait_for(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::yield();
}

class CancelledFetch : public testing::Test {
 protected:
  void make(uint64_t budget) {
    BlockCache::Options options;
    options.budget = budget;
    options.slot_wait = std::chrono::milliseconds(0);
    options.metrics = &metrics;
    cache = BlockCache::create(options).value();
  }
  BlockRequest request(uint64_t block) const {
    BlockRequest r;
    r.key = {FieldId(1), block};
    r.size = kSize;
    return r;
  }
  // Loads block 1 until `released`; has begun when this returns.
  std::thread load_until(const std::atomic<bool>& released) {
    const auto loading = std::make_shared<std::atomic<bool>>(false);
    std::thread loader([this, loading, &released] {
      BlockRequest mine = request(1);
      const auto held = cache->fetch({&mine, 1}, [&](std::span<BlockLoad> loads) {
        *loading = true;
        wait_for(released);
        fill(loads);
      });
      EXPECT_TRUE(holds(mine));
    });
    wait_for(*loading);
    return loader;
  }
  void wait_for_joins(uint64_t count) {
    while (metrics.counter("ram_joined_loads_total", "").value() < count) std::this_thread::yield();
  }
  static bool holds(const BlockRequest& r) {
    return r.pin && r.pin.data()[0] == static_cast<std::byte>(r.key.block) &&
           r.pin.data()[kSize - 1] == static_cast<std::byte>(r.key.block);
  }

  Metrics metrics;
  std::unique_ptr<BlockCache> cache;
};

TEST_F(CancelledFetch, AWaiterLeavesAtOnceAndItsPinIsNotKept) {
  make(kSize);
  std::atomic<bool> released = false;
  std::thread loader = load_until(released);
  // The loader holds the only memory, so the waiter joins on a promise of its own that it cannot get.
  Cancellation gone;
  std::thread waiter([&] {
    const ReadScope scope(&gone, kForever);
    BlockRequest same = request(1);
    EXPECT_EQ(cache->fetch({&same, 1}, fill).status().code(), Code::kInterrupted);
  });
  gone.cancel();
  waiter.join();
  released = true;
  loader.join();
  BlockRequest next = request(2);
  EXPECT_TRUE(cache->fetch({&next, 1}, fill).ok());
  EXPECT_TRUE(holds(next)) << next.status.to_string();
}

TEST_F(CancelledFetch, AJoinedReaderLeavesWhileTheLoadGoesOn) {
  make(2 * kSize);
  std::atomic<bool> released = false;
  std::thread loader = load_until(released);
  Cancellation gone;
  std::thread waiter([&] {
    const ReadScope scope(&gone, kForever);
    BlockRequest same = request(1);
    const auto held = cache->fetch({&same, 1}, fill);
    EXPECT_EQ(same.status.code(), Code::kInterrupted);
  });
  wait_for_joins(1);
  gone.cancel();
  waiter.join();
  released = true;
  loader.join();
  // No pin is left: two other blocks find room.
  BlockRequest others[2] = {request(2), request(3)};
  EXPECT_TRUE(cache->fetch(others, fill).ok());
  EXPECT_TRUE(holds(others[0]) && holds(others[1]));
}

TEST_F(CancelledFetch, ADeadlineEndsAWait) {
  make(4 * kSize);
  std::atomic<bool> released = false;
  std::thread loader = load_until(released);
  {
    const ReadScope scope(nullptr, Clock::now() + std::chrono::milliseconds(5));
    BlockRequest same = request(1);
    const auto held = cache->fetch({&same, 1}, fill);
    EXPECT_EQ(held.ok() ? same.status.code() : held.status().code(), Code::kTimeout);
  }
  released = true;
  loader.join();
}

TEST_F(CancelledFetch, OthersLoadWhatACancelledLoaderLeft) {
  make(8 * kSize);
  Cancellation gone;
  std::atomic<bool> loading = false;
  std::thread loader([&] {
    const ReadScope scope(&gone, kForever);
    BlockRequest mine = request(1);
    const auto held = cache->fetch({&mine, 1}, [&](std::span<BlockLoad> loads) {
      loading = true;
      while (!gone.cancelled()) std::this_thread::yield();
      fail(loads, Code::kInterrupted);
    });
    EXPECT_EQ(mine.status.code(), Code::kInterrupted);
  });
  wait_for(loading);
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i) {
    others.emplace_back([&] {
      BlockRequest same = request(1);
      const auto held = cache->fetch({&same, 1}, fill);
      EXPECT_TRUE(holds(same)) << same.status.to_string();
    });
  }
  wait_for_joins(3);
  gone.cancel();
  loader.join();
  for (auto& t : others) t.join();
}

TEST_F(CancelledFetch, AFailureOfFetchingAheadIsNoReadersFailure) {
  make(8 * kSize);
  std::atomic<bool> loading = false;
  std::atomic<bool> released = false;
  std::thread ahead([&] {
    BlockRequest wish = request(1);
    cache->prefetch({&wish, 1}, [&](std::span<BlockLoad> loads) {
      loading = true;
      wait_for(released);
      fail(loads, Code::kTimeout);
    });
  });
  wait_for(loading);
  std::thread reader([&] {
    BlockRequest same = request(1);
    const auto held = cache->fetch({&same, 1}, fill);
    EXPECT_TRUE(holds(same)) << same.status.to_string();
  });
  wait_for_joins(1);
  released = true;
  ahead.join();
  reader.join();
}

TEST_F(CancelledFetch, WhoWaitsForWhatWasFetchedAheadIsToldThatItCameLate) {
  make(8 * kSize);
  std::atomic<bool> loading = false;
  std::atomic<bool> released = false;
  std::thread ahead([&] {
    BlockRequest wish = request(1);
    cache->prefetch({&wish, 1}, [&](std::span<BlockLoad> loads) {
      loading = true;
      wait_for(released);
      fill(loads);
    });
  });
  wait_for(loading);
  std::thread reader([&] {
    BlockRequest same = request(1);
    const auto held = cache->fetch({&same, 1}, fill);
    EXPECT_TRUE(holds(same));
    EXPECT_TRUE(same.late);
  });
  wait_for_joins(1);
  released = true;
  ahead.join();
  reader.join();
  EXPECT_EQ(cache->prefetch_used(), 1u);
  BlockRequest again = request(1);
  const auto held = cache->fetch({&again, 1}, fill);
  EXPECT_FALSE(again.late);
}

TEST_F(CancelledFetch, AFailureOfALoaderThatWaitsIsEverybodys) {
  make(8 * kSize);
  std::atomic<bool> loading = false;
  std::atomic<bool> released = false;
  std::thread loader([&] {
    BlockRequest mine = request(1);
    const auto held = cache->fetch({&mine, 1}, [&](std::span<BlockLoad> loads) {
      loading = true;
      wait_for(released);
      fail(loads, Code::kTimeout);
    });
  });
  wait_for(loading);
  std::thread reader([&] {
    BlockRequest same = request(1);
    const auto held = cache->fetch({&same, 1}, fill);
    EXPECT_EQ(same.status.code(), Code::kTimeout);
  });
  wait_for_joins(1);
  released = true;
  loader.join();
  reader.join();
}

TEST(Reservations, WhoGivesUpKeepsNobodyWaiting) {
  Reservations memory(10);
  Reservation all = memory.reserve(10).value();
  Cancellation gone;
  std::atomic<int> ended = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const ReadScope scope(i % 2 == 0 ? &gone : nullptr, kForever);
      const auto part = memory.reserve(5);
      if (i % 2 == 0) {
        EXPECT_EQ(part.status().code(), Code::kInterrupted);
      } else {
        EXPECT_TRUE(part.ok());
      }
      ++ended;
    });
  }
  gone.cancel();
  threads[0].join();
  threads[2].join();
  EXPECT_EQ(ended, 2);
  all.release();
  threads[1].join();
  threads[3].join();
  EXPECT_TRUE(memory.try_reserve(10, 10));
}

TEST(PauseInScope, EndsWithTheScope) {
  Cancellation gone;
  gone.cancel();
  const ReadScope scope(&gone, kForever);
  EXPECT_FALSE(pause_in_scope(std::chrono::hours(1)));
  const ReadScope past(nullptr, Clock::now());
  EXPECT_FALSE(pause_in_scope(std::chrono::hours(1)));
}

// Readers that are cancelled at any time, over few blocks: all others get their bytes, nothing is leaked.
TEST_F(CancelledFetch, R44StormOfCancellations) {
  make(6 * kSize);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 300; ++i) {
        Cancellation gone;
        const bool cancelled = random() % 2 == 0;
        std::thread canceller;
        if (cancelled) canceller = std::thread([&gone] { gone.cancel(); });
        {
          const ReadScope scope(&gone, kForever);
          BlockRequest r = request(random() % 10);
          const auto held = cache->fetch({&r, 1}, [&gone](std::span<BlockLoad> loads) {
            std::this_thread::yield();
            gone.cancelled() ? fail(loads, Code::kInterrupted) : fill(loads);
          });
          const Code code = held.ok() ? r.status.code() : held.status().code();
          if (code == Code::kOk ? !holds(r) : !(cancelled && code == Code::kInterrupted)) {
            ++wrong;
            ADD_FAILURE() << r.status.to_string();
          }
          r.pin.reset();  // before the reservation that covers it
        }
        if (canceller.joinable()) canceller.join();
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  std::vector<BlockRequest> all;
  for (uint64_t b = 20; b < 26; ++b) all.push_back(request(b));
  EXPECT_TRUE(cache->fetch(all, fill).ok());
  for (const BlockRequest& r : all) EXPECT_TRUE(holds(r));
}

}  // namespace
}  // namespace neurofs
