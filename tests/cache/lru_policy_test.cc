#include <gtest/gtest.h>

#include "core/cache/eviction_policy.h"

namespace neurofs {
namespace {

std::unique_ptr<EvictionPolicy> make_lru(uint32_t capacity) {
  return PolicyRegistry::instance().find("lru")->factory(capacity);
}

TEST(LruPolicy, OldestLeavesFirst) {
  auto lru = make_lru(4);
  for (EntryId i = 0; i < 4; ++i) lru->insert(i, i, false);
  lru->touch(0);
  EXPECT_EQ(lru->victim(), 1u);
  EXPECT_EQ(lru->victim(), 2u);
  EXPECT_EQ(lru->victim(), 3u);
  EXPECT_EQ(lru->victim(), 0u);
  EXPECT_EQ(lru->victim(), kNoEntry);
}

TEST(LruPolicy, DemotedLeavesNext) {
  auto lru = make_lru(4);
  for (EntryId i = 0; i < 4; ++i) lru->insert(i, i, false);
  lru->demote(3);
  EXPECT_EQ(lru->victim(), 3u);
}

TEST(LruPolicy, EntriesOutsideAreIgnored) {
  auto lru = make_lru(4);
  lru->insert(1, 1, false);
  lru->remove(1);
  lru->remove(1);
  lru->touch(1);
  lru->demote(2);
  EXPECT_EQ(lru->victim(), kNoEntry);
}

}  // namespace
}  // namespace neurofs
