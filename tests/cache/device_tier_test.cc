// The GPU tier over a RAM cache: promotion, victims, loads from it, several devices, devices that fail.

#include <random>
#include <set>
#include <thread>

#include "core/cache/device_arena.h"
#include "tests/cache/device_tier_fixture.h"

namespace neurofs::test {
namespace {

TEST(DeviceArena, SlotsNeverOverlapAndAllUnitsComeBack) {
  constexpr uint64_t kBytes = uint64_t{8} << 20;
  DeviceArena arena(kBytes);
  std::mt19937 random(3);
  std::vector<DeviceArena::Slot> held;
  for (int turn = 0; turn < 20000; ++turn) {
    if (held.empty() || random() % 5 < 3) {
      const auto slot =
          arena.allocate(random() % 8 == 0 ? random() % 700000 + 1 : random() % 9000 + 1);
      if (slot) held.push_back(*slot);
    } else {
      std::swap(held[random() % held.size()], held.back());
      arena.free(held.back());
      held.pop_back();
    }
    if (turn % 500 != 0) continue;
    std::map<uint64_t, uint64_t> ranges;
    uint64_t used = 0;
    for (const auto& slot : held) {
      ranges[slot.offset] = slot.offset + slot.size;
      used += slot.size;
    }
    ASSERT_EQ(ranges.size(), held.size());
    uint64_t end = 0;
    for (const auto& [begin, stop] : ranges) {
      ASSERT_GE(begin, end);
      end = stop;
    }
    ASSERT_LE(end, kBytes);
    ASSERT_EQ(arena.used(), used);
  }
  for (const auto& slot : held) arena.free(slot);
  EXPECT_EQ(arena.used(), 0u);
  EXPECT_TRUE(arena.allocate(kBytes));  // one run of all units again
}

TEST_F(DeviceTierFixture, ServesWhatWasPromoted) {
  NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
  make();
  ASSERT_TRUE(tier->is_on()) << tier->state().to_string();
  const std::vector<BlockKey> keys = {key(1), key(2), key(3)};
  ASSERT_TRUE(read(keys));
  EXPECT_EQ(tier->promote(keys), 3u);
  tier->drain();
  EXPECT_EQ(count("gpu_promotions_total"), 3u);
  cache->drop_all();
  store_loads = 0;
  EXPECT_TRUE(read({key(0), key(1), key(2), key(3)}));
  EXPECT_EQ(store_loads, 1u);
  EXPECT_EQ(count("gpu_hits_total"), 3u);
}

TEST_F(DeviceTierFixture, CarriesBlocksLargerThanItsStaging) {
  NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
  make();
  const std::vector<BlockKey> keys = {key(1), key(2)};
  ASSERT_TRUE(read(keys, 70001));
  tier->promote(keys);
  tier->drain();
  cache->drop_all();
  store_loads = 0;
  EXPECT_TRUE(read(keys, 70001));
  EXPECT_EQ(store_loads, 0u);
}

TEST_F(DeviceTierFixture, PromotesWhatIsReadAgainWhileRamIsTurnedOver) {
  NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
  make();
  for (uint64_t block = 100; block < 400; ++block) {
    ASSERT_TRUE(read({key(7)}));
    ASSERT_TRUE(read({key(block)}));
  }
  tier->drain();
  EXPECT_TRUE(tier->contains(key(7)));
  EXPECT_FALSE(tier->contains(key(399)));
}

TEST_F(DeviceTierFixture, TakesWhatRamEvictsOnlyIfAsked) {
  NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
  for (const bool victims : {false, true}) {
    DeviceTier::Options options;
    options.victims = victims;
    tier.reset();
    make(options);
    for (uint64_t block = 0; block < 128; ++block) {
      ASSERT_TRUE(read({key(block)}));
      tier->drain();
    }
    size_t here = 0;
    for (uint64_t block = 0; block < 64; ++block) here += tier->contains(key(block)) ? 1 : 0;
    // Not all: what finds no room on its way is dropped.
    EXPECT_TRUE(victims ? here > 32 : here == 0) << here;
  }
}

TEST_F(DeviceTierFixture, MakesRoomForBlocksOfAnotherSize) {
  NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
  make();
  for (uint64_t block = 0; block < 600; block += 20) {
    std::vector<BlockKey> keys;
    for (uint64_t i = 0; i < 20; ++i) keys.push_back(key(block + i));
    ASSERT_TRUE(read(keys));
    tier->promote(keys);
    tier->drain();
  }
  EXPECT_GT(count("gpu_evictions_total"), 0u);
  const std::vector<BlockKey> large = {key(1, 2), key(2, 2), key(3, 2)};
  ASSERT_TRUE(read(large, 50000));
  tier->promote(large);
  tier->drain();
  for (const BlockKey& k : large) EXPECT_TRUE(tier->contains(k));
  EXPECT_LE(tier->used(), kGpu);
}

TEST_F(DeviceTierFixture, ForgetsTheBlocksOfAField) {
  NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
  make();
  const std::vector<BlockKey> keys = {key(1), key(2), key(1, 5)};
  ASSERT_TRUE(read(keys));
  tier->promote(keys);
  tier->drain();
  const FieldId gone(1);
  tier->drop({&gone, 1});
  EXPECT_FALSE(tier->contains(key(1)));
  EXPECT_FALSE(tier->contains(key(2)));
  EXPECT_TRUE(tier->contains(key(1, 5)));
  tier->drop_all();
  EXPECT_EQ(tier->used(), 0u);
}

TEST_F(DeviceTierFixture, SpreadsBlocksOverDevices) {
  NF_NEEDS_DEVICES(2, uint64_t{16} << 20);
  DeviceTier::Options options;
  options.ids = {0, 1};
  options.bytes = 2 * kGpu;
  make(options);
  std::vector<BlockKey> keys;
  for (uint64_t block = 0; block < 40; ++block) keys.push_back(key(block));
  ASSERT_TRUE(read(keys));
  tier->promote(keys);
  tier->drain();
  EXPECT_GT(tier->gpus()[0]->share->used(), 0u);
  EXPECT_GT(tier->gpus()[1]->share->used(), 0u);
  cache->drop_all();
  store_loads = 0;
  EXPECT_TRUE(read(keys));
  EXPECT_EQ(store_loads, 0u);
}

TEST_F(DeviceTierFixture, KeepsWhatAUseHasSeenUntilItEnds) {
  NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
  make();
  const std::vector<BlockKey> keys = {key(1)};
  ASSERT_TRUE(read(keys));
  tier->promote(keys);
  tier->drain();
  DeviceShare& share = *tier->gpus().front()->share;
  DevicePointer before = 0;
  auto use = share.begin_use();
  ASSERT_EQ(share.find(keys, {&before, 1}, use), 1u);
  tier->drop_all();
  std::set<DevicePointer> taken;
  while (const auto slot = share.take_slot(4096)) taken.insert(share.address(*slot));
  EXPECT_FALSE(taken.contains(before));
  use.end();
  const auto slot = share.take_slot(4096);
  ASSERT_TRUE(slot);
  EXPECT_EQ(share.address(*slot), before);
}

TEST_F(DeviceTierFixture, IsOffWithoutADevice) {
  NF_NEEDS_SIMULATION();
  SimControl::configure({});
  make();
  EXPECT_FALSE(tier->is_on());
  EXPECT_EQ(count("gpu_tier_off"), 1u);
  EXPECT_NE(tier->state().message().find("no GPU"), std::string::npos);
  EXPECT_TRUE(read({key(1), key(2)}));
  EXPECT_EQ(tier->promote(std::vector<BlockKey>{key(1)}), 0u);
}

TEST_F(DeviceTierFixture, IsOffWhereTheBudgetIsLessThanAByteForEachDevice) {
  NF_NEEDS_DEVICES(2, uint64_t{16} << 20);
  DeviceTier::Options options;
  options.ids = {0, 1};
  options.bytes = 1;
  make(options);
  EXPECT_EQ(tier->state().code(), Code::kNoMemory);
  EXPECT_TRUE(read({key(1), key(2)}));
  EXPECT_EQ(tier->promote(std::vector<BlockKey>{key(1)}), 0u);
}

// A copy that is refused skips its block; what is here afterwards is right.
TEST_F(DeviceTierFixture, PublishesOnlyWhatCameWhole) {
  NF_NEEDS_SIMULATION();
  for (uint64_t nth = 1; nth < 12; ++nth) {
    NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
    tier.reset();
    make();
    const std::vector<BlockKey> keys = {key(1), key(2), key(3)};
    ASSERT_TRUE(read(keys, 50000));
    SimControl::of(0).refuse_copy(nth);
    tier->promote(keys);
    tier->drain();
    cache->drop_all();
    EXPECT_TRUE(read(keys, 50000)) << nth;
    EXPECT_TRUE(tier->is_on());
  }
}

TEST_F(DeviceTierFixture, TakesNoMoreThanIsFree) {
  NF_NEEDS_DEVICES(1, uint64_t{4} << 20);
  NF_NEEDS_SIMULATION();
  DeviceTier::Options options;
  options.bytes = uint64_t{1} << 40;
  make(options);
  ASSERT_TRUE(tier->is_on()) << tier->state().to_string();
  EXPECT_LT(tier->budget(), uint64_t{4} << 20);
  EXPECT_GT(tier->budget(), uint64_t{3} << 20);
}

// At whichever operation the device is lost, reads are right and the tier is off afterwards.
TEST_F(DeviceTierFixture, LosesItsDeviceAtAnyOperation) {
  NF_NEEDS_SIMULATION();
  for (uint64_t nth = 1; nth < 40; ++nth) {
    NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
    DeviceTier::Options options;
    options.victims = true;
    tier.reset();
    make(options);
    SimControl::of(0).lose_at_operation(nth);
    for (uint64_t round = 0; round < 100 && tier->is_on(); ++round) {
      std::vector<BlockKey> keys;
      for (uint64_t i = 0; i < 30; ++i) keys.push_back(key((round % 3) * 30 + i));
      ASSERT_TRUE(read(keys)) << "lost at operation " << nth;
      tier->promote(keys);
      // On a busy machine all rounds may be over before the filler has had its turn.
      if (round % 10 == 8) tier->drain();
      if (round % 2 == 1) cache->drop_all();
    }
    tier->drain();
    EXPECT_FALSE(tier->is_on()) << nth;
    EXPECT_GE(count("gpu_errors_total"), 1u);
    ASSERT_TRUE(read({key(1), key(500)}));
  }
}

TEST_F(DeviceTierFixture, DoesWithoutMemoryThatIsShort) {
  NF_NEEDS_SIMULATION();
  for (uint64_t nth = 1; nth < 6; ++nth) {
    NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
    SimControl::of(0).fail_allocation(nth);
    tier.reset();
    make();
    const std::vector<BlockKey> keys = {key(1), key(2), key(3)};
    for (int round = 0; round < 3; ++round) {
      ASSERT_TRUE(read(keys)) << nth;
      tier->promote(keys);
      tier->drain();
      cache->drop_all();
    }
    EXPECT_EQ(tier->is_on(), nth > 1) << nth;  // the first is the tier's own memory
  }
}

// Many readers, promotions, victims and drops at once, and the device lost half-way.
TEST_F(DeviceTierFixture, StaysRightUnderConcurrentUse) {
  NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
  DeviceTier::Options options;
  options.victims = true;
  options.bytes = uint64_t{512} << 10;
  make(options);
  std::atomic<bool> wrong{false};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int turn = 0; turn < 400 && !wrong; ++turn) {
        std::set<uint64_t> blocks;
        while (blocks.size() < 6) blocks.insert(random() % 120);
        std::vector<BlockKey> keys;
        for (const uint64_t block : blocks) keys.push_back(key(block));
        if (!read(keys)) wrong = true;
        if (random() % 3 == 0) tier->promote(keys);
        if (random() % 40 == 0) cache->drop_all();
        if (random() % 90 == 0) tier->drop_all();
        if (t == 0 && turn == 300 && device_kind() == "sim") SimControl::of(0).lose();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(wrong);
  EXPECT_GT(count("gpu_hits_total"), 0u);
}

}  // namespace
}  // namespace neurofs::test
