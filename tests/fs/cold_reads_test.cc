// Cold reads of many threads: each is answered once, with its own bytes, and those that wait share
// the batches of a leader.
#include "fs/cold_reads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "core/base/scope_wait.h"
#include "core/storage/memory_store.h"
#include "tests/fs/fs_testing.h"
#include "tests/fs/stalled_store.h"
#include "tests/storage/fault_store.h"

namespace neurofs {
namespace {

class ColdReadsTest : public testing::Test {
 protected:
  ColdReadsTest() {
    for (int n = 0; n < 64; ++n) {
      if (n == 7) continue;  // never written
      // One byte short: corrupt.
      store->plant("c/" + std::to_string(n) + "/0",
                   std::string(n == 5 ? 4095 : 4096, static_cast<char>(n)));
    }
    store->plant("zarr.json", test::byte_rows(64, 1));
    fs = test::file_system_over(store);
    file = fs->lookup(kRootId, "field.raw")->id;
  }

  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
  std::unique_ptr<FileSystem> fs;
  NodeId file{0};
};

TEST_F(ColdReadsTest, EveryReadIsAnsweredOnceWithItsOwnBytes) {
  std::atomic<int> wrong{0};
  std::array<std::atomic<int>, 64> answers{};
  ColdReads cold(*fs, {}, [&](void* request, const Status& got, const ColdReads::Data& data) {
    const auto n = reinterpret_cast<uintptr_t>(request);
    const Bytes bytes = std::get<Bytes>(data);
    ++answers[n];
    if (n == 5) {
      if (got.code() != Code::kCorrupt) ++wrong;
      return;
    }
    const auto expected = static_cast<std::byte>(n == 7 ? 9 : n);
    if (!got.ok() || bytes.size() != 100) {
      ++wrong;
      return;
    }
    for (const std::byte b : bytes) {
      if (b != expected) ++wrong;
    }
  });
  std::vector<std::thread> threads;
  for (uintptr_t n = 0; n < 64; ++n) {
    threads.emplace_back([&, n] {
      cold.serve({reinterpret_cast<void*>(n), file, n * 4096 + 33, 100, 1});
    });
  }
  for (auto& t : threads) t.join();
  for (size_t n = 0; n < 64; ++n) EXPECT_EQ(answers[n], 1) << n;
  EXPECT_EQ(wrong, 0);
}

// Two fields behind a store whose first read of field `a` takes its time.
class SlowStoreTest : public testing::Test {
 protected:
  SlowStoreTest() {
    memory->plant("zarr.json", R"({"zarr_format": 3, "node_type": "group"})");
    for (const std::string field : {"a", "b"}) {
      memory->plant(field + "/zarr.json", test::byte_rows(64, 1));
      for (int n = 0; n < 64; ++n) {
        memory->plant(field + "/c/" + std::to_string(n) + "/0",
                      std::string(4096, static_cast<char>(field == "a" ? n : n + 64)));
      }
    }
    fs = test::file_system_over(store);
    for (size_t i = 0; i < 2; ++i) {
      const NodeId directory = fs->lookup(kRootId, i == 0 ? "a" : "b")->id;
      files[i] = fs->lookup(directory, "field.raw")->id;
    }
    store->add({.key_part = "a/c/0/",
                .fault = test::Fault::kSlow,
                .times = 1,
                .delay = std::chrono::milliseconds(300)});
    batches_before = store->batches();
  }

  // Read n: of field n / 64, its chunk n % 64, 1 + n bytes.
  ColdReads::Read read(uintptr_t n) const {
    return {reinterpret_cast<void*>(n), files[n / 64], n % 64 * 4096 + 5, 1 + n, 1};
  }
  void answer(void* request, const Status& got, const ColdReads::Data& data) {
    const Bytes bytes = std::get<Bytes>(data);
    const auto n = reinterpret_cast<uintptr_t>(request);
    ++answers[n];
    const ByteVector expected(1 + n, static_cast<std::byte>(n));
    if (!got.ok() || !std::ranges::equal(bytes, expected)) ++wrong;
  }
  // A thread that leads, and is in the store when this returns.
  std::thread lead(ColdReads& cold) {
    std::thread thread([&] { cold.serve(read(0)); });
    while (store->batches() == batches_before) std::this_thread::yield();
    return thread;
  }

  std::shared_ptr<MemoryStore> memory = std::make_shared<MemoryStore>();
  std::shared_ptr<test::FaultStore> store = std::make_shared<test::FaultStore>(memory);
  std::unique_ptr<FileSystem> fs;
  std::array<NodeId, 2> files{NodeId(0), NodeId(0)};
  uint64_t batches_before = 0;
  std::array<std::atomic<int>, 128> answers{};
  std::atomic<int> wrong{0};
};

TEST_F(SlowStoreTest, ThoseThatWaitShareTheLeadersBatches) {
  ColdReads cold(*fs, {.leaders = 1, .patience = std::chrono::hours(1)},
                 [&](void* r, const auto& got, const auto& data) { answer(r, got, data); });
  std::thread leader = lead(cold);
  for (uintptr_t n = 1; n < 128; ++n) cold.serve(read(n));
  EXPECT_EQ(answers[127], 0) << "left to the leader, which is in the store";
  leader.join();
  for (size_t n = 0; n < 128; ++n) EXPECT_EQ(answers[n], 1) << n;
  EXPECT_EQ(wrong, 0);
  // Read 0 alone; 64 reads, of both fields; 63 reads of the second.
  EXPECT_EQ(store->batches() - batches_before, 4u);
}

// The mount has gone: a store that is stuck keeps no leader from ending.
TEST_F(SlowStoreTest, TheEndEndsAllThatWait) {
  store->clear();
  store->add({.key_part = "a/c/0/", .fault = test::Fault::kSlow, .delay = std::chrono::seconds(1)});
  std::atomic<int> interrupted{0};
  ColdReads cold(*fs, {.leaders = 1, .patience = std::chrono::hours(1)},
                 [&](void*, const Status& got, const auto&) {
                   if (got.code() == Code::kInterrupted) ++interrupted;
                 });
  std::thread leader = lead(cold);
  cold.serve(read(1));
  cold.end();
  while (interrupted < 2) std::this_thread::yield();  // while the leader is in the store
  leader.join();
}

TEST_F(SlowStoreTest, AReadDoesNotWaitForLeadersThatAreAway) {
  ColdReads cold(*fs, {.leaders = 1, .patience = std::chrono::milliseconds(0)},
                 [&](void* r, const auto& got, const auto& data) { answer(r, got, data); });
  std::thread leader = lead(cold);
  cold.serve(read(77));
  EXPECT_EQ(answers[77], 1) << "served by this thread";
  leader.join();
  EXPECT_EQ(answers[0], 1);
  EXPECT_EQ(wrong, 0);
}

class StalledStoreTest : public testing::Test {
 protected:
  StalledStoreTest() {
    memory->plant("zarr.json", test::byte_rows(64, 1));
    for (int n = 0; n < 64; ++n) {
      memory->plant("c/" + std::to_string(n) + "/0", std::string(4096, static_cast<char>(n)));
    }
    fs = test::file_system_over(store);
    file = fs->lookup(kRootId, "field.raw")->id;
  }
  ColdReads::Read read(uintptr_t n, bool alone = false) const {
    return {reinterpret_cast<void*>(n), file, n * 4096, 100, 1, alone};
  }
  ColdReads::Reply reply() {
    return [this](void* request, const Status& status, const ColdReads::Data&) {
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(got.emplace(reinterpret_cast<uintptr_t>(request), status.code()).second);
    };
  }
  size_t answers() {
    const std::lock_guard lock(mutex);
    return got.size();
  }
  void wait_for_stalled(int count) {
    while (store->stalled < count) std::this_thread::yield();
  }

  std::shared_ptr<MemoryStore> memory = std::make_shared<MemoryStore>();
  std::shared_ptr<test::StalledStore> store = std::make_shared<test::StalledStore>(memory, "c/");
  std::unique_ptr<FileSystem> fs;
  NodeId file{0};
  std::mutex mutex;
  std::map<uintptr_t, Code> got;  // guarded by mutex
};

TEST_F(StalledStoreTest, R44AnInterruptedReadEndsAndItsLoadIsCancelled) {
  for (const bool alone : {false, true}) {
    got.clear();
    ColdReads cold(*fs, {}, reply());
    const int before = store->cancelled;
    std::thread leader([&] { cold.serve(read(3, alone)); });
    wait_for_stalled(store->cancelled + 1);
    cold.interrupt(reinterpret_cast<void*>(3));
    EXPECT_EQ(got.at(3), Code::kInterrupted) << "at once, on the thread that interrupts";
    leader.join();
    EXPECT_GT(store->cancelled, before);
  }
}

TEST_F(StalledStoreTest, R44OneInterruptedReadOfABatchLeavesTheOthers) {
  ColdReads cold(*fs, {.leaders = 1, .patience = std::chrono::hours(1)}, reply());
  std::thread leader([&] { cold.serve(read(1)); });
  wait_for_stalled(1);
  cold.serve(read(2));
  cold.serve(read(3));
  cold.interrupt(reinterpret_cast<void*>(1));  // the leader comes for the two
  wait_for_stalled(2);
  cold.interrupt(reinterpret_cast<void*>(2));
  EXPECT_EQ(got.at(2), Code::kInterrupted);
  store->let_go = true;
  leader.join();
  EXPECT_EQ(got.at(1), Code::kInterrupted);
  EXPECT_EQ(got.at(3), Code::kOk);
}

TEST_F(StalledStoreTest, R45WorkersAreKeptAndQueuedReadsEndByTheirDeadline) {
  ColdReads cold(*fs,
                 {.leaders = 1,
                  .most_waiting = 1,
                  .deadline = std::chrono::milliseconds(50),
                  .patience = std::chrono::milliseconds(0)},
                 reply());
  std::thread leader([&] { cold.serve(read(1)); });
  wait_for_stalled(1);
  cold.serve(read(2));  // returns: this worker is kept
  cold.serve(read(3, true));
  leader.join();
  while (answers() < 3) std::this_thread::yield();
  for (const auto& [n, code] : got) EXPECT_EQ(code, Code::kTimeout) << n;
}

TEST_F(StalledStoreTest, WhatTheKernelAsksAgainAtOnceEndsAtOnce) {
  ColdReads cold(*fs, {.deadline = std::chrono::milliseconds(300)}, reply());
  const auto part = [this](uintptr_t request) {
    ColdReads::Read smaller = read(1);
    smaller.request = reinterpret_cast<void*>(request);
    smaller.size = 50;
    return smaller;
  };
  cold.serve(read(1));
  EXPECT_EQ(got.at(1), Code::kTimeout);
  int before = store->stalled;
  cold.serve(part(2));
  EXPECT_EQ(got.at(2), Code::kTimeout);
  EXPECT_EQ(store->stalled, before) << "the store was asked again";
  got.clear();
  cold.serve(read(1));
  EXPECT_GT(store->stalled, before) << "somebody else's, or a program's second try";
  before = store->stalled;
  cold.serve(read(3));
  EXPECT_GT(store->stalled, before) << "this one has had no time yet";
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  before = store->stalled;
  cold.serve(part(4));
  EXPECT_GT(store->stalled, before) << "somebody tries again";
}

TEST_F(StalledStoreTest, AnInterruptThatCameFirstIsSeen) {
  ColdReads cold(*fs, {}, reply(), [](void*) { return true; });
  cold.serve(read(1));
  EXPECT_EQ(got.at(1), Code::kInterrupted);
  EXPECT_EQ(store->stalled, 0);
}

TEST_F(StalledStoreTest, R44AnInterruptThatMeansNobodyEndsNothingUntilItDoes) {
  std::atomic<bool> wants_end = false;
  ColdReads cold(*fs, {}, reply(), {}, [&](uint64_t) { return wants_end.load(); });
  std::thread first([&] { cold.serve(read(1)); });
  wait_for_stalled(1);
  cold.interrupt(reinterpret_cast<void*>(1));
  store->let_go = true;
  first.join();
  EXPECT_EQ(got.at(1), Code::kOk);

  store->let_go = false;
  std::thread second([&] { cold.serve(read(2)); });
  wait_for_stalled(2);
  cold.interrupt(reinterpret_cast<void*>(2));
  wants_end = true;  // the kernel does not tell again
  second.join();
  EXPECT_EQ(got.at(2), Code::kInterrupted);
}

TEST_F(SlowStoreTest, ABudgetOfAFewBlocksServesABatchOfMany) {
  const auto small = test::file_system_over(memory, uint64_t{64} << 10);
  std::vector<FileSystem::FileRead> reads(128);
  std::vector<ByteVector> bytes(128);
  for (uintptr_t n = 0; n < 128; ++n) {
    bytes[n].resize(1 + n);
    reads[n].id = files[n / 64];
    reads[n].offset = read(n).offset;
    reads[n].out = bytes[n];
  }
  small->read_together(reads, [&](size_t n) {
    answer(reinterpret_cast<void*>(n), reads[n].result.status(), Bytes(bytes[n]));
  });
  for (size_t n = 0; n < 128; ++n) EXPECT_EQ(answers[n], 1) << n;
  EXPECT_EQ(wrong, 0);
}

TEST_F(ColdReadsTest, ATryReadSaysThatItWouldWait) {
  ByteVector out(10);
  bool cold = false;
  EXPECT_TRUE(fs->try_read(file, 3 * 4096, out, 1, &cold).ok());
  EXPECT_TRUE(cold);
  EXPECT_EQ(fs->read(file, 3 * 4096, out, 1).value(), 10u);
  cold = false;
  EXPECT_EQ(fs->try_read(file, 3 * 4096, out, 1, &cold).value(), 10u);
  EXPECT_FALSE(cold);
  EXPECT_EQ(out, ByteVector(10, std::byte{3}));
}

TEST_F(ColdReadsTest, ReadsThatCannotBeOpenedOrReachTheEndSayWhatTheySay) {
  std::map<uintptr_t, Result<size_t>> got;
  ColdReads cold(*fs, {}, [&](void* request, const Status& status, const ColdReads::Data& data) {
    const Result<size_t> result =
        status.ok() ? Result<size_t>(std::get<Bytes>(data).size()) : Result<size_t>(status);
    EXPECT_TRUE(got.emplace(reinterpret_cast<uintptr_t>(request), result).second) << "twice";
  });
  cold.serve({reinterpret_cast<void*>(1), NodeId(~uint64_t{0}), 0, 10, 1});
  cold.serve({reinterpret_cast<void*>(2), file, 64 * 4096 - 3, 10, 1});
  cold.serve({reinterpret_cast<void*>(3), file, 64 * 4096, 10, 1});
  EXPECT_FALSE(got.at(1).ok());
  EXPECT_EQ(got.at(2).value(), 3u);
  EXPECT_EQ(got.at(3).value(), 0u);
}

}  // namespace
}  // namespace neurofs
