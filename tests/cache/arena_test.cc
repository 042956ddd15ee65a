#include "core/cache/arena.h"

#include <gtest/gtest.h>

#include <cstring>

namespace neurofs {
namespace {

TEST(Arena, SlotSizesWasteAtMostAnEighth) {
  EXPECT_EQ(slot_size_for(1), 4096u);
  EXPECT_EQ(slot_size_for(4096), 4096u);
  EXPECT_EQ(slot_size_for(4097), 8192u);
  EXPECT_EQ(slot_size_for(1 << 20), 1u << 20);
  for (uint64_t bytes = 40'000; bytes < 10'000'000; bytes += 997) {
    const uint64_t slot = slot_size_for(bytes);
    EXPECT_GE(slot, bytes);
    EXPECT_EQ(slot % 4096, 0u);
    EXPECT_LE(slot - bytes, bytes / 8 + 4096) << bytes;
  }
}

TEST(Arena, RefusesWhatCanNeverFit) {
  Arena arena(1 << 20);
  EXPECT_EQ(arena.allocate(2 << 20).status().code(), Code::kNoMemory);
}

TEST(Arena, StopsAtItsBudgetAndReusesSlots) {
  Arena arena(64 << 10);
  std::vector<Arena::Slot> slots;
  for (;;) {
    const auto slot = arena.allocate(4096);
    ASSERT_TRUE(slot.ok());
    if (slot->data == nullptr) break;
    std::memset(slot->data, 7, slot->size);
    slots.push_back(*slot);
  }
  EXPECT_EQ(slots.size(), 16u);
  EXPECT_EQ(arena.committed(), 64u << 10);
  arena.free(slots.back());
  const auto again = arena.allocate(100);
  EXPECT_EQ(again->data, slots.back().data);
}

TEST(Arena, OneClassGivesItsFreeMemoryToAnother) {
  Arena arena(64 << 10);
  std::vector<Arena::Slot> small;
  for (int i = 0; i < 16; ++i) small.push_back(*arena.allocate(4096));
  EXPECT_EQ(arena.allocate(32 << 10)->data, nullptr);
  for (int i = 0; i < 8; ++i) arena.free(small[static_cast<size_t>(i)]);
  const auto large = arena.allocate(32 << 10);
  ASSERT_NE(large->data, nullptr);
  std::memset(large->data, 1, large->size);
  EXPECT_EQ(arena.committed(), 64u << 10);
  EXPECT_EQ(arena.peak(), 64u << 10);
}

}  // namespace
}  // namespace neurofs
