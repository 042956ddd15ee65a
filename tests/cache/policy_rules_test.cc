// What every policy owes its owner, beside the order: prefetched blocks, victims given back, demotion, removal.
#include <gtest/gtest.h>

#include <set>

#include "core/cache/frequency_sketch.h"
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
        policy->insert(kEntries, hash_of(BlockKey{FieldId(1), skewed(random, 400)}), true);
        policy->remove(kEntries);
      } else {
        static_cast<void>(skewed(random, 400));
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

// Lines that are split later keep what they counted.
TEST(FrequencySketch, GrowsWithoutForgetting) {
  FrequencySketch sketch(100000, 1000);
  for (int n = 0; n < 9; ++n) sketch.add(hash_of(BlockKey{FieldId(1), 5}), 8);
  for (uint64_t n = 0; n < 20000; ++n) sketch.add(hash_of(BlockKey{FieldId(3), n}), 100000);
  EXPECT_GE(sketch.estimate(hash_of(BlockKey{FieldId(1), 5})), 9u);
}

}  // namespace
}  // namespace neurofs
