// Many readers, a budget of a few blocks, evictions all the time: right bytes, progress, no leak.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <ostream>
#include <random>
#include <thread>

#include "core/cache/block_cache.h"
#include "core/cache/epoch.h"

namespace neurofs {
namespace {

using Outcome = BlockRequest::Outcome;

uint64_t seed() {
  const char* text = std::getenv("NEUROFS_TEST_SEED");
  const uint64_t value =
      text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
  std::printf("NEUROFS_TEST_SEED=%llu\n", static_cast<unsigned long long>(value));
  return value;
}

// Every word of a block says which block it is.
uint64_t word_of(const BlockKey& key) {
  return hash_of(key);
}

void load_words(std::span<BlockLoad> loads) {
  for (BlockLoad& l : loads) {
    const uint64_t word = word_of(l.key);
    for (size_t i = 0; i + 8 <= l.dest.size(); i += 8) std::memcpy(&l.dest[i], &word, 8);
    l.outcome = l.key.block % 13 == 5 ? Outcome::kMissing : Outcome::kData;
  }
}

bool holds(const std::byte* data, uint64_t size, uint64_t word) {
  for (uint64_t i = 0; i + 8 <= size; i += 8) {
    if (std::memcmp(data + i, &word, 8) != 0) return false;
  }
  return true;
}

struct Shape {
  uint64_t budget;
  int threads;
  uint64_t blocks;
};

// For the tests' names: without it they would be the bytes of the struct, padding included.
void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.budget << " bytes, " << shape.threads << " threads, " << shape.blocks << " blocks";
}

class Storm : public testing::TestWithParam<Shape> {};

TEST_P(Storm, R37RightBytesUnderEviction) {
  const Shape shape = GetParam();
  Metrics metrics;
  BlockCache::Options options;
  options.budget = shape.budget;
  options.metrics = &metrics;
  auto cache = std::move(BlockCache::create(options)).value();
  const uint64_t base_seed = seed();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < shape.threads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(base_seed + static_cast<uint64_t>(t));
      for (int i = 0; i < 400; ++i) {
        // Two fields of different block sizes share the budget.
        const uint32_t field = random() % 2 == 0 ? 1 : 2;
        const uint64_t size = field == 1 ? 4096 : 12288;
        const BlockKey key{FieldId(field), random() % shape.blocks};
        switch (random() % 8) {
          case 0: {
            const EpochGuard guard;
            const std::byte* data = cache->peek(key);
            if (data != nullptr && !holds(data, size, word_of(key))) ++wrong;
            break;
          }
          case 1: {
            const BlockPin pin = cache->pin(key);
            if (pin && !holds(pin.data(), size, word_of(key))) ++wrong;
            break;
          }
          case 2: {
            std::vector<BlockRequest> ahead(2);
            for (size_t k = 0; k < 2; ++k) {
              ahead[k].key = {key.field, key.block + k};
              ahead[k].size = size;
            }
            cache->prefetch(ahead, load_words);
            break;
          }
          case 3:
            if (i % 50 == 0) {
              const FieldId dropped(field);
              cache->drop({&dropped, 1});
            }
            break;
          default: {
            std::vector<BlockRequest> group(1 + random() % 2);
            for (size_t k = 0; k < group.size(); ++k) {
              group[k].key = {key.field, key.block + k};
              group[k].size = size;
            }
            const auto reservation = cache->fetch(group, load_words);
            if (!reservation.ok()) {
              ++wrong;
              break;
            }
            for (BlockRequest& r : group) {
              const bool missing = r.key.block % 13 == 5;
              if (r.outcome != (missing ? Outcome::kMissing : Outcome::kData)) ++wrong;
              if (r.pin && !holds(r.pin.data(), size, word_of(r.key))) ++wrong;
              r.pin.reset();
            }
          }
        }
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(cache->peak(), shape.budget);
}

// Nothing is evicted; a drop that meets the first block stays there until another one is loaded.
std::atomic<bool> drop_has_begun{false};
std::atomic<bool> load_has_ended{false};

class DropsSlowly final : public EvictionPolicy {
 public:
  void insert(EntryId /*entry*/, uint64_t /*hash*/, bool /*prefetched*/) override {}
  void touch(EntryId /*entry*/) override {}
  void remove(EntryId /*entry*/) override {
    if (drop_has_begun.exchange(true)) return;
    while (!load_has_ended) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  void demote(EntryId /*entry*/) override {}
  EntryId victim() override { return kNoEntry; }
};
const Registration<PolicyRegistry> kDropsSlowly("test-drops-slowly", "for the test below",
                                                [](uint32_t) -> std::unique_ptr<EvictionPolicy> {
                                                  return std::make_unique<DropsSlowly>();
                                                });

// The block must then be gone for those who look by shortcut too, and the one that is loaded in its
// place must keep the shortcut.
TEST(Drop, InTheMiddleOfAPublication) {
  Metrics metrics;
  BlockCache::Options options;
  options.budget = 16 * 4096;
  options.metrics = &metrics;
  options.policy = "test-drops-slowly";
  auto cache = std::move(BlockCache::create(options)).value();
  std::vector<DirectSlot> direct(2);
  const auto fetch = [&](uint64_t block, const LoadBlocks& load) {
    BlockRequest r;
    r.key = {FieldId(1), block};
    r.size = 4096;
    r.direct = &direct[block];
    const auto reservation = cache->fetch({&r, 1}, load);
    EXPECT_TRUE(r.pin && holds(r.pin.data(), r.size, word_of(r.key)));
    return std::move(r.pin);
  };
  fetch(0, load_words).reset();
  std::thread dropper;
  BlockPin dropped = fetch(1, [&](std::span<BlockLoad> loads) {
    load_words(loads);
    dropper = std::thread([&] { cache->drop_all(); });
    while (!drop_has_begun) std::this_thread::yield();
    load_has_ended = true;
  });
  dropper.join();
  EXPECT_FALSE(cache->pin({FieldId(1), 1}, &direct[1]));
  fetch(1, load_words).reset();
  dropped.reset();
  EXPECT_TRUE(cache->pin({FieldId(1), 1}, &direct[1]));
}

INSTANTIATE_TEST_SUITE_P(Shapes, Storm,
                         testing::Values(Shape{2 * 12288, 64, 40}, Shape{16 * 4096, 16, 100},
                                         Shape{1 << 20, 8, 1000}));

}  // namespace
}  // namespace neurofs
