// What a hit costs: threads that read one hot set of the RAM tier, beside a map that does nothing but find it.
//
// Purpose: shows whether hits scale: both are given the same keys in the same order, at 1 to 16 threads. `misses`
// adds one more thread that loads new blocks all the time, so that the eviction policy is at work and hits make notes
// for it. `policy` is the cost of a policy's own calls, in a cache with one miss in five reads.
#include <benchmark/benchmark.h>

#include <bit>
#include <cstring>
#include <random>
#include <thread>

#include "core/cache/block_cache.h"
#include "core/cache/epoch.h"

namespace neurofs {
namespace {

constexpr uint64_t kSlot = 4096;
constexpr uint64_t kSlots = 16384;  // 64 MiB
constexpr uint64_t kHot = 1024;
constexpr size_t kReads = 4096;  // prepared before the clock starts
constexpr size_t kBatch = 16;    // looks under one guard, as a read of several blocks has

BlockKey key_of(uint64_t block) {
  return {FieldId(1), block};
}

void load_zeros(std::span<BlockLoad> loads) {
  for (BlockLoad& load : loads) {
    std::memset(load.dest.data(), 0, load.dest.size());
    load.outcome = BlockRequest::Outcome::kData;
  }
}

void read(BlockCache& cache, uint64_t block) {
  BlockRequest request;
  request.key = key_of(block);
  request.size = kSlot;
  const auto reservation = cache.fetch({&request, 1}, load_zeros);
  if (!reservation.ok() || !request.pin) std::abort();
}

std::unique_ptr<BlockCache> make_cache(const std::string& policy) {
  static Metrics metrics;
  BlockCache::Options options;
  options.budget = kSlots * kSlot;
  options.policy = policy;
  options.metrics = &metrics;
  auto made = BlockCache::create(options);
  if (!made.ok()) std::abort();
  for (uint64_t block = 0; block < kSlots / 2; ++block) read(**made, block);
  return std::move(made).value();
}

std::vector<uint64_t> hot_reads(int thread) {
  std::mt19937_64 random(static_cast<uint64_t>(thread) + 1);
  std::vector<uint64_t> blocks(kReads);
  for (uint64_t& block : blocks) block = random() % kHot;
  return blocks;
}

// A table that never changes: the least that any cache can cost.
class PlainMap {
 public:
  PlainMap() : slots_(std::bit_ceil(kSlots * 2)) {
    for (uint64_t block = 0; block < kSlots / 2; ++block) {
      uint64_t at = hash_of(key_of(block));
      while (slots_[at % slots_.size()].second != nullptr) ++at;
      slots_[at % slots_.size()] = {block, &bytes_};
    }
  }
  const std::byte* find(uint64_t block) const {
    uint64_t at = hash_of(key_of(block));
    while (slots_[at % slots_.size()].first != block) ++at;
    return slots_[at % slots_.size()].second;
  }

 private:
  std::byte bytes_{};
  std::vector<std::pair<uint64_t, const std::byte*>> slots_;
};

void plain_map(benchmark::State& state) {
  static const PlainMap map;
  const auto blocks = hot_reads(state.thread_index());
  size_t turn = 0;
  for (auto _ : state) {
    for (size_t n = 0; n < kBatch; ++n) {
      benchmark::DoNotOptimize(map.find(blocks[turn++ % kReads]));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

void peeks(benchmark::State& state, BlockCache& cache) {
  const auto blocks = hot_reads(state.thread_index());
  size_t turn = 0;
  for (auto _ : state) {
    const EpochGuard guard;
    for (size_t n = 0; n < kBatch; ++n) {
      const std::byte* bytes = cache.peek(key_of(blocks[turn++ % kReads]));
      if (bytes == nullptr) state.SkipWithError("a hot block was evicted");
      benchmark::DoNotOptimize(bytes);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

void hot_set(benchmark::State& state, const std::string& policy) {
  static const std::unique_ptr<BlockCache> cache = make_cache(policy);
  peeks(state, *cache);
}

void hot_set_pins(benchmark::State& state) {
  static const std::unique_ptr<BlockCache> cache = make_cache("lru");
  const auto blocks = hot_reads(state.thread_index());
  size_t turn = 0;
  for (auto _ : state) {
    const BlockPin pin = cache->pin(key_of(blocks[turn++ % kReads]));
    benchmark::DoNotOptimize(pin.data());
  }
}

void misses(benchmark::State& state, const std::string& policy) {
  static std::unique_ptr<BlockCache> cache;
  static std::atomic<bool> stop;
  static std::thread misser;
  static std::atomic<uint64_t> loaded;
  if (state.thread_index() == 0) {
    cache = make_cache(policy);
    stop = false;
    loaded = 0;
    misser = std::thread([] {
      for (uint64_t block = kSlots; !stop; ++block, ++loaded) read(*cache, block);
    });
  }
  const auto blocks = hot_reads(state.thread_index());
  size_t turn = 0;
  for (auto _ : state) {
    for (size_t n = 0; n < kBatch; ++n) {
      const uint64_t block = blocks[turn++ % kReads];
      const EpochGuard guard;
      benchmark::DoNotOptimize(
          cache->peek(key_of(block)));  // one may have left, with some policies
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
  if (state.thread_index() == 0) {
    stop = true;
    misser.join();
    state.counters["misses"] =
        benchmark::Counter(static_cast<double>(loaded), benchmark::Counter::kIsRate);
  }
}

// Calls of a policy: per read, of which about a fifth miss and cost a victim and an insert.
void policy_calls(benchmark::State& state, const std::string& name, uint32_t entries) {
  const auto policy = PolicyRegistry::instance().find(name)->factory(entries);
  std::vector<EntryId> entry_of(size_t{entries} * 4, kNoEntry);
  std::vector<uint32_t> block_of(entries);
  for (uint32_t n = 0; n < entries; ++n) {
    block_of[n] = n;
    entry_of[n] = n;
    policy->insert(n, hash_of(key_of(n)), false);
  }
  std::mt19937_64 random(3);
  std::vector<uint32_t> blocks(1 << 20);
  for (uint32_t& b : blocks) {
    const double u = static_cast<double>(random() >> 11) * 0x1p-53;
    b = static_cast<uint32_t>(u * u * u * static_cast<double>(entry_of.size()));
  }
  size_t turn = 0;
  uint64_t missed = 0;
  for (auto _ : state) {
    const uint32_t block = blocks[turn++ % blocks.size()];
    if (entry_of[block] != kNoEntry) {
      policy->touch(entry_of[block]);
      continue;
    }
    ++missed;
    const EntryId victim = policy->victim();
    entry_of[block_of[victim]] = kNoEntry;
    block_of[victim] = block;
    entry_of[block] = victim;
    policy->insert(victim, hash_of(key_of(block)), false);
  }
  state.counters["miss_ratio"] = static_cast<double>(missed) / static_cast<double>(turn);
}

BENCHMARK(plain_map)->ThreadRange(1, 16)->UseRealTime();
BENCHMARK_CAPTURE(hot_set, lru, "lru")->ThreadRange(1, 16)->UseRealTime();
BENCHMARK(hot_set_pins)->ThreadRange(1, 16)->UseRealTime();
BENCHMARK_CAPTURE(misses, lru, "lru")->ThreadRange(1, 16)->UseRealTime();

const bool kRest = [] {
  for (const auto& [name, plugin] : PolicyRegistry::instance().all()) {
    if (name == "adaptive") {
      benchmark::RegisterBenchmark("misses/adaptive", misses, name)
          ->ThreadRange(1, 16)
          ->UseRealTime();
    }
    for (const uint32_t entries : {uint32_t{1} << 14, uint32_t{1} << 20}) {
      benchmark::RegisterBenchmark(("policy/" + name + "/" + std::to_string(entries)).c_str(),
                                   policy_calls, name, entries);
    }
  }
  return true;
}();

}  // namespace
}  // namespace neurofs

BENCHMARK_MAIN();
