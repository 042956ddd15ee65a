// A RAM cache with a GPU tier above it, on the devices under test, and blocks that tell their key.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <vector>

#include "core/cache/device_tier.h"
#include "tests/device/device_under_test.h"

namespace neurofs::test {

class DeviceTierFixture : public testing::Test {
 protected:
  static constexpr uint64_t kRam = uint64_t{256} << 10;
  static constexpr uint64_t kGpu = uint64_t{1} << 20;

  void make(DeviceTier::Options options = {}) {
    BlockCache::Options cache_options;
    cache_options.budget = kRam;
    cache_options.metrics = &metrics;
    cache = std::move(BlockCache::create(cache_options)).value();
    options.kind = device_kind();
    if (options.bytes == 0) options.bytes = kGpu;
    options.metrics = &metrics;
    options.cache = cache.get();
    tier = DeviceTier::open(options);
  }

  static BlockKey key(uint64_t block, uint32_t field = 1) { return {FieldId(field), block}; }

  // What the store has: bytes that depend on key and place.
  static std::byte stored(const BlockKey& k, uint64_t at) {
    return static_cast<std::byte>(hash_of(k) >> (8 * (at % 8)) ^ at / 8);
  }
  void load_from_store(std::span<BlockLoad> loads) {
    for (BlockLoad& load : loads) {
      for (uint64_t i = 0; i < load.dest.size(); ++i) load.dest[i] = stored(load.key, i);
      load.outcome = BlockRequest::Outcome::kData;
      ++store_loads;
    }
  }

  // Reads blocks through RAM, the tier and the store, and checks every byte.
  testing::AssertionResult read(const std::vector<BlockKey>& keys, uint64_t size = 4096) {
    std::vector<BlockRequest> requests(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      requests[i].key = keys[i];
      requests[i].size = size;
    }
    const auto reservation = cache->fetch(requests, [this](std::span<BlockLoad> loads) {
      tier->load(loads, [this](std::span<BlockLoad> rest) { load_from_store(rest); });
    });
    if (!reservation.ok()) return testing::AssertionFailure() << reservation.status().to_string();
    testing::AssertionResult result = testing::AssertionSuccess();
    for (const BlockRequest& r : requests) {
      if (r.outcome != BlockRequest::Outcome::kData) {
        result = testing::AssertionFailure() << r.key.block << ": " << r.status.to_string();
      }
      for (uint64_t i = 0; result && i < size; ++i) {
        if (r.pin.data()[i] != stored(r.key, i)) {
          result = testing::AssertionFailure() << "block " << r.key.block << " differs at " << i;
        }
      }
    }
    requests.clear();  // pins go before their reservation
    return result;
  }

  uint64_t count(const std::string& name) const {
    for (const auto& sample : metrics.snapshot()) {
      if (sample.name == name) return static_cast<uint64_t>(sample.value);
    }
    return 0;
  }

  Metrics metrics;
  std::unique_ptr<BlockCache> cache;
  std::unique_ptr<DeviceTier> tier;
  std::atomic<uint64_t> store_loads{0};
};

}  // namespace neurofs::test
