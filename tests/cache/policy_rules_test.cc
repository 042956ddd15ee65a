// What every policy owes its owner, beside the order: prefetched blocks, victims given back, demotion, removal.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/cache/frequency_sketch.h"
#include "core/cache/ghost_queue.h"
#include "tests/cache/policy_replay.h"

namespace neurofs {
namespace {

struct PolicyRules : testing::TestWithParam<const char*> {
  std::unique_ptr<EvictionPolicy> make(uint32_t capacity) {
    return make_policy(GetParam(), capacity);
  }
  bool is_lru() const { return std::string(GetParam()) == "lru"; }
};
INSTANTIATE_TEST_SUITE_P(All, PolicyRules,
                         testing::Values("adaptive", "lirs", "lru", "s3fifo", "wtinylfu"),
                         [](const auto& policy) { return std::string(policy.param); });

std::set<EntryId> take_all(EvictionPolicy& policy) {
  std::set<EntryId> taken;
  for (EntryId e = policy.victim(); e != kNoEntry; e = policy.victim()) {
    EXPECT_TRUE(taken.insert(e).second) << e << " came twice";
  }
  return taken;
}

TEST_P(PolicyRules, EntriesOutsideAreIgnored) {
  auto policy = make(4);
  policy->insert(1, 1, false);
  policy->remove(1);
  policy->remove(1);
  policy->touch(1);
  policy->demote(2);
  EXPECT_EQ(policy->victim(), kNoEntry);
}

TEST_P(PolicyRules, DemotedLeavesNext) {
  auto policy = make(64);
  for (EntryId e = 0; e < 64; ++e) policy->insert(e, e * 77, false);
  for (EntryId e = 0; e < 64; ++e) policy->touch(e);
  policy->demote(63);
  EXPECT_EQ(policy->victim(), 63u);
  policy->demote(5);
  policy->touch(5);  // read after all
  EXPECT_NE(policy->victim(), 5u);
}

TEST_P(PolicyRules, DemotedAndRemovedDoNotComeBack) {
  auto policy = make(8);
  for (EntryId e = 0; e < 8; ++e) policy->insert(e, e, e % 2 == 0);
  policy->demote(3);
  policy->remove(3);
  policy->remove(4);
  EXPECT_EQ(take_all(*policy), (std::set<EntryId>{0, 1, 2, 5, 6, 7}));
}

// A reference set of what is inside, against random calls.
TEST_P(PolicyRules, NeverLosesOrInvents) {
  constexpr uint32_t kEntries = 300;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    Random random(seed);
    auto policy = make(kEntries);
    std::set<EntryId> inside;
    std::set<EntryId> pinned;  // chosen as victims, and to be given back
    std::vector<uint64_t> hashes(kEntries);
    for (int step = 0; step < 60000; ++step) {
      const auto entry = static_cast<EntryId>(random.below(kEntries));
      const uint64_t what = random.below(100);
      if (what < 45) {
        if (inside.contains(entry)) policy->touch(entry);
      } else if (what < 85) {
        if (inside.contains(entry) || pinned.contains(entry)) continue;
        // Few blocks, so that ghosts return; some names twice at once, as hashes that collide are.
        hashes[entry] = hash_of(BlockKey{FieldId(2), skewed(random, 900)});
        policy->insert(entry, hashes[entry], random.below(5) == 0);
        inside.insert(entry);
      } else if (what < 93) {
        const EntryId victim = policy->victim();
        ASSERT_EQ(victim == kNoEntry, inside.empty());
        if (victim == kNoEntry) continue;
        ASSERT_EQ(inside.erase(victim), 1u) << "seed " << seed << " step " << step;
        if (random.below(4) == 0) pinned.insert(victim);
      } else if (what < 95) {
        policy->remove(entry);
        inside.erase(entry);
      } else if (what < 97) {
        policy->demote(entry);
      } else if (!pinned.empty()) {
        const EntryId back = *pinned.begin();
        pinned.erase(pinned.begin());
        policy->readmit(back, hashes[back]);
        inside.insert(back);
      }
    }
    EXPECT_EQ(take_all(*policy), inside) << "seed " << seed;
  }
}

// The same while `adaptive` changes its order: no such phase suits the order of the one before.
TEST_P(PolicyRules, NeverLosesOrInventsInPhases) {
  constexpr uint32_t kEntries = 300;
  Random random(8);
  auto policy = make(kEntries);
  std::map<uint64_t, EntryId> here;
  std::vector<uint64_t> blocks(kEntries);
  std::set<EntryId> free;
  for (EntryId e = 0; e < kEntries; ++e) free.insert(e);
  uint64_t fresh = 1000000;
  std::array<uint64_t, 3> hits{};
  for (uint64_t step = 0; step < 180000; ++step) {
    const uint64_t phase = step / 20000 % 3;  // a loop, skewed reads, skewed reads between scans
    uint64_t block = phase == 0 ? step % 450 : skewed(random, 2000);
    if (phase == 2 && step % 1000 < 400) block = fresh++;
    if (const auto it = here.find(block); it != here.end()) {
      ++hits[phase];
      if (step % 97 == 0) {
        policy->demote(it->second);
      } else {
        policy->touch(it->second);
      }
      continue;
    }
    if (free.empty()) {
      const EntryId victim = policy->victim();
      ASSERT_NE(victim, kNoEntry);
      ASSERT_EQ(here.erase(blocks[victim]), 1u) << victim << " was not inside, step " << step;
      if (step % 89 == 0) {
        here.emplace(blocks[victim], victim);
        policy->readmit(victim, hash_of(BlockKey{FieldId(3), blocks[victim]}));
        continue;
      }
      free.insert(victim);
    }
    const EntryId entry = *free.begin();
    free.erase(free.begin());
    blocks[entry] = block;
    here.emplace(block, entry);
    policy->insert(entry, hash_of(BlockKey{FieldId(3), block}), step % 101 == 0);
  }
  EXPECT_EQ(take_all(*policy).size(), here.size());
  // LRU has none of a loop; what has half of it is another order, and LRU was in charge before.
  if (std::string(GetParam()) == "adaptive") {
    EXPECT_GT(hits[0], 20000u);
  }
}

TEST_P(PolicyRules, UnreadPrefetchesHoldABoundedShare) {
  if (is_lru()) GTEST_SKIP() << "lru takes a prefetched block for the newest";
  constexpr uint32_t kEntries = 100;
  auto policy = make(kEntries);
  std::set<EntryId> unread;
  for (EntryId e = 0; e < kEntries; ++e) {
    policy->insert(e, hash_of(BlockKey{FieldId(1), e}), e >= 40);
    if (e >= 40) unread.insert(e);
  }
  // The oldest of those over half go first.
  for (EntryId expected = 40; unread.size() * 2 > kEntries - (expected - 40); ++expected) {
    ASSERT_EQ(policy->victim(), expected);
    unread.erase(expected);
  }
}

TEST_P(PolicyRules, PrefetchesThatNobodyReadsLeaveInTime) {
  if (is_lru()) GTEST_SKIP() << "lru takes a prefetched block for the newest";
  auto policy = make(10);
  policy->insert(0, 1000, true);
  for (EntryId e = 1; e < 10; ++e) policy->insert(e, e, false);
  uint64_t block = 10;
  EntryId victim = kNoEntry;
  for (int n = 0; n < 12 && victim != 0; ++n) {
    victim = policy->victim();
    ASSERT_NE(victim, kNoEntry);
    policy->insert(victim, block++, false);
  }
  EXPECT_EQ(victim, 0u);
}

// Fetched ahead again and again, and never read: no ghost hit may make it look wanted.
TEST_P(PolicyRules, PrefetchIsNoAccess) {
  if (is_lru()) GTEST_SKIP() << "lru has no memory";
  constexpr uint32_t kEntries = 100;
  const auto replay = [this](bool with_prefetches) {
    auto policy = make(kEntries + 1);
    std::vector<uint64_t> blocks(kEntries);
    std::vector<uint64_t> victims;
    Random random(4);
    for (EntryId e = 0; e < kEntries; ++e) {
      blocks[e] = e;
      policy->insert(e, hash_of(BlockKey{FieldId(1), e}), false);
    }
    for (uint64_t n = 0; n < 5000; ++n) {
      if (with_prefetches) {
        // What has left lately is what a policy may remember.
        const uint64_t some =
            n < 5 ? 500 : victims[n - 1 - random.below(std::min<uint64_t>(n, 60))];
        if (std::find(blocks.begin(), blocks.end(), some) == blocks.end()) {
          policy->insert(kEntries, hash_of(BlockKey{FieldId(1), some}), true);
          policy->remove(kEntries);
        }
      }
      const EntryId victim = policy->victim();
      victims.push_back(blocks[victim]);
      blocks[victim] = 1000 + n * n % 397;
      policy->insert(victim, hash_of(BlockKey{FieldId(1), blocks[victim]}), false);
    }
    return victims;
  };
  EXPECT_EQ(replay(true), replay(false));
}

// Given back again and again: with S3-FIFO a ghost hit would bring it to the main queue, with LIRS among the kept
// blocks, and with W-TinyLFU it would be counted. So what was read more often stays longer.
TEST_P(PolicyRules, AVictimGivenBackIsNoAccess) {
  if (is_lru() || std::string(GetParam()) == "adaptive") {
    GTEST_SKIP() << "lru, with which adaptive begins, takes it for the newest";
  }
  constexpr uint32_t kEntries = 100;
  constexpr EntryId kOften = 60;  // those below are read again
  auto policy = make(kEntries);
  for (EntryId e = 0; e < kEntries; ++e) {
    policy->insert(e, hash_of(BlockKey{FieldId(1), e}), false);
  }
  for (int n = 0; n < 3; ++n) {
    for (EntryId e = 0; e < kOften; ++e) policy->touch(e);
  }
  for (int n = 0; n < 200; ++n) {
    const EntryId victim = policy->victim();
    ASSERT_GE(victim, kOften);
    policy->readmit(victim, hash_of(BlockKey{FieldId(1), victim}));
  }
  for (int n = 0; n < 30; ++n) EXPECT_GE(policy->victim(), kOften);
  EXPECT_EQ(take_all(*policy).size(), kEntries - 30);
}

// Of two blocks that were read once, neither is read more often for having been chosen and given back.
TEST(WTinyLfu, AVictimGivenBackIsNotCounted) {
  constexpr uint32_t kEntries = 100;
  auto policy = make_policy("wtinylfu", kEntries + 1);
  const auto hash = [](EntryId e) { return hash_of(BlockKey{FieldId(1), e}); };
  for (EntryId e = 0; e < kEntries; ++e) policy->insert(e, hash(e), false);
  for (int n = 0; n < 400; ++n) {
    const EntryId victim = policy->victim();
    policy->readmit(victim, hash(victim));
  }
  policy->insert(kEntries, hash(kEntries), false);
  policy->remove(kEntries);
  policy->insert(kEntries, hash(kEntries), false);  // read twice
  EXPECT_NE(policy->victim(), kEntries);
}

TEST_P(PolicyRules, WhatIsReadWhileItIsNoVictimYetComesBackAsRead) {
  if (is_lru()) GTEST_SKIP() << "lru takes a prefetched block for the newest";
  auto policy = make(10);
  for (EntryId e = 0; e < 10; ++e) policy->insert(e, e, e < 6);
  ASSERT_EQ(policy->victim(), 0u);  // of the unread, which are more than half
  policy->touch(0);
  policy->readmit(0, 0);
  const EntryId victim = policy->victim();
  EXPECT_TRUE(victim == 0 || victim >= 6) << "they are half now, so " << victim << " must stay";
}

TEST_P(PolicyRules, WhatIsDemotedBeforeItComesBackLeavesNext) {
  if (is_lru()) GTEST_SKIP() << "lru gives back as the newest";
  auto policy = make(10);
  for (EntryId e = 0; e < 10; ++e) policy->insert(e, e, false);
  const EntryId victim = policy->victim();
  policy->demote(victim);
  policy->readmit(victim, victim);
  EXPECT_EQ(policy->victim(), victim);
}

// A limit that has shrunk is reached over many calls, each of which holds a lock.
TEST(GhostQueue, ForgetsAFewAtATime) {
  GhostQueue ghosts(1000);
  for (uint64_t hash = 0; hash < 1000; ++hash) ghosts.add(hash, 1000);
  ghosts.add(5000, 10);
  EXPECT_TRUE(ghosts.take(20));
  for (uint64_t hash = 6000; hash < 6300; ++hash) ghosts.add(hash, 10);
  EXPECT_FALSE(ghosts.take(999));
  EXPECT_FALSE(ghosts.take(6289));
  EXPECT_TRUE(ghosts.take(6290));
}

TEST(Lirs, ForgetsAFewAtATime) {
  constexpr uint32_t kEntries = 1000;
  auto policy = make_policy("lirs", kEntries);
  const auto hash = [](uint64_t block) { return hash_of(BlockKey{FieldId(1), block}); };
  uint64_t block = 0;
  for (EntryId e = 0; e < kEntries; ++e) policy->insert(e, hash(block++), false);
  while (block < 4 * kEntries) policy->insert(policy->victim(), hash(block++), false);
  for (EntryId e = 10; e < kEntries; ++e) policy->remove(e);
  ASSERT_EQ(policy->victim(), 0u);
  policy->insert(10, hash(block), false);
  ASSERT_EQ(policy->victim(), 10u);               // remembered, for which others are forgotten
  policy->insert(10, hash(2 * kEntries), false);  // but not this one, so that it is kept
  EXPECT_EQ(policy->victim(), 1u);
  EXPECT_EQ(policy->victim(), 2u);
  EXPECT_EQ(policy->victim(), 3u);
}

TEST(FrequencySketch, CountsAndForgets) {
  FrequencySketch sketch(1000, 10);
  for (int n = 0; n < 20; ++n) {
    for (uint64_t block = 0; block < 50; ++block) {
      if (block % 10 * 2 < static_cast<uint64_t>(20 - n))
        sketch.add(hash_of(BlockKey{FieldId(1), block}), 1000);
    }
  }
  for (uint64_t block = 0; block < 50; ++block) {
    EXPECT_GE(sketch.estimate(hash_of(BlockKey{FieldId(1), block})),
              std::min<uint64_t>(FrequencySketch::kMost, 20 - block % 10 * 2));
  }
  // 10000 reads halve all; after five halvings nothing of 15 is left but what others brought.
  for (uint64_t n = 0; n < 80000; ++n) sketch.add(hash_of(BlockKey{FieldId(7), n}), 1000);
  uint64_t sum = 0;
  for (uint64_t block = 0; block < 50; ++block)
    sum += sketch.estimate(hash_of(BlockKey{FieldId(1), block}));
  EXPECT_LT(sum, 200u);
}

// Counters that nobody looks at are not taken for new ones after sixteen halvings.
TEST(FrequencySketch, NoCountComesBackAfterAShrink) {
  constexpr uint32_t kLarge = 200000;
  FrequencySketch sketch(kLarge, 10);
  for (uint64_t n = 0; n < 30000; ++n) sketch.add(hash_of(BlockKey{FieldId(9), n}), kLarge);
  const auto old = [](uint64_t n) { return hash_of(BlockKey{FieldId(1), n}); };
  for (uint64_t n = 0; n < 5 * 10000; ++n) sketch.add(old(n % 10000), kLarge);
  uint64_t last = UINT64_MAX / 2;
  for (uint64_t look = 0; look < 50; ++look) {
    for (uint64_t n = 0; n < 60; ++n) sketch.add(hash_of(BlockKey{FieldId(7), look * 60 + n}), 10);
    uint64_t sum = 0;  // of others at each look, since a look counts as one
    for (uint64_t n = 0; n < 100; ++n) sum += sketch.estimate(old(look * 100 + n));
    ASSERT_LE(sum, last + 50) << look;
    last = sum;
  }
}

// Lines that are split later keep what they counted.
TEST(FrequencySketch, GrowsWithoutForgetting) {
  FrequencySketch sketch(100000, 1000);
  for (int n = 0; n < 9; ++n) sketch.add(hash_of(BlockKey{FieldId(1), 5}), 8);
  for (uint64_t n = 0; n < 20000; ++n) sketch.add(hash_of(BlockKey{FieldId(3), n}), 100000);
  EXPECT_GE(sketch.estimate(hash_of(BlockKey{FieldId(1), 5})), 9u);
}

}  // namespace
}  // namespace neurofs
