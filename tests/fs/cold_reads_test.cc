// Cold reads of many threads: each is answered once, with its own bytes, and they share batches.
#include "fs/cold_reads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <map>
#include <thread>

#include "core/storage/memory_store.h"

namespace neurofs {
namespace {

constexpr std::string_view kBytes = R"({
  "zarr_format": 3, "node_type": "array", "shape": [64, 4096], "data_type": "uint8",
  "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 4096]}},
  "chunk_key_encoding": {"name": "default"}, "fill_value": 9, "codecs": [{"name": "bytes"}]})";

class ColdReadsTest : public testing::Test {
 protected:
  ColdReadsTest() {
    for (int n = 0; n < 64; ++n) {
      if (n == 7) continue;  // never written
      // One byte short: corrupt.
      store->plant("c/" + std::to_string(n) + "/0",
                   std::string(n == 5 ? 4095 : 4096, static_cast<char>(n)));
    }
    store->plant("zarr.json", kBytes);
    EngineOptions options;
    options.ram_bytes = uint64_t{64} << 20;
    options.predictor = "none";
    fs = FileSystem::create({Engine::create(options).value(), store,
                             open_hierarchy(store, "", FieldOptions{}).value(), MountInfo{}})
             .value();
    file = fs->lookup(kRootId, "field.raw")->id;
  }

  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
  std::unique_ptr<FileSystem> fs;
  NodeId file{0};
};

TEST_F(ColdReadsTest, EveryReadIsAnsweredOnceWithItsOwnBytes) {
  std::atomic<int> wrong{0};
  std::array<std::atomic<int>, 64> answers{};
  ColdReads cold(*fs, 2, [&](void* request, const Result<size_t>& got, Bytes bytes) {
    const auto n = reinterpret_cast<uintptr_t>(request);
    ++answers[n];
    if (n == 5) {
      if (got.status().code() != Code::kCorrupt) ++wrong;
      return;
    }
    const auto expected = static_cast<std::byte>(n == 7 ? 9 : n);
    if (!got.ok() || *got != 100 || bytes.size() != 100) {
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
  ColdReads cold(*fs, 1, [&](void* request, const Result<size_t>& result, Bytes) {
    got.emplace(reinterpret_cast<uintptr_t>(request), result);
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
