#include "core/cache/use_notes.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

namespace neurofs {
namespace {

TEST(UseNotes, ComeOutAsTheyWentIn) {
  UseNotes notes;
  EXPECT_TRUE(notes.push({0, 0, false}));
  EXPECT_TRUE(notes.push({kNoEntry - 1, UINT32_MAX >> 1, true}));
  std::vector<UseNotes::Note> got;
  notes.drain([&](const UseNotes::Note& n) { got.push_back(n); });
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].entry, 0u);
  EXPECT_FALSE(got[0].first);
  EXPECT_EQ(got[1].entry, kNoEntry - 1);
  EXPECT_EQ(got[1].tag, UINT32_MAX >> 1);
  EXPECT_TRUE(got[1].first);
  notes.drain([](const UseNotes::Note&) { ADD_FAILURE() << "it was taken out already"; });
}

TEST(UseNotes, AFullRingTakesNothing) {
  UseNotes notes;
  uint32_t taken = 0;
  while (taken < 1000 && notes.push({taken, 1, false})) ++taken;
  ASSERT_LT(taken, 1000u);
  uint32_t next = 0;
  notes.drain([&](const UseNotes::Note& n) { EXPECT_EQ(n.entry, next++); });
  EXPECT_EQ(next, taken);
  EXPECT_TRUE(notes.push({7, 1, false}));
}

// More threads than rings: some share one. What comes out was put in, each part of a note with the others.
TEST(UseNotes, ManyThreads) {
  UseNotes notes;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 24; ++t) {
    threads.emplace_back([&notes, &stop, t] {
      for (uint32_t n = 0; !stop.load(std::memory_order_relaxed); ++n) {
        static_cast<void>(notes.push({t * 1000 + n % 1000, (t * 1000 + n % 1000) * 7, n % 2 == 0}));
      }
    });
  }
  uint64_t got = 0;
  for (int round = 0; round < 3000; ++round) {
    notes.drain([&](const UseNotes::Note& n) {
      ++got;
      ASSERT_LT(n.entry, 24000u);
      ASSERT_EQ(n.tag, n.entry * 7);
    });
    if (round % 100 == 0) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& t : threads) t.join();
  EXPECT_GT(got, 0u);
}

}  // namespace
}  // namespace neurofs
