#include "core/engine/object_versions.h"

#include <gtest/gtest.h>

#include <set>

namespace neurofs {
namespace {

std::string key(int i) {
  return "c/" + std::to_string(i) + "/0";
}

TEST(ObjectVersions, FindsEveryChangeOfManyObjects) {
  int changes = 0;
  ObjectVersions versions([&] { ++changes; });
  constexpr int kObjects = 20000;
  for (int i = 0; i < kObjects; ++i) versions.see(key(i), "1");
  for (int i = 0; i < kObjects; ++i) versions.see(key(i), "1");
  EXPECT_EQ(changes, 0);
  for (int i = 0; i < kObjects; ++i) {
    EXPECT_TRUE(versions.differs(key(i), "2"));
    EXPECT_FALSE(versions.differs(key(i), "1"));
    versions.see(key(i), "2");
  }
  EXPECT_EQ(changes, kObjects);
}

TEST(ObjectVersions, ObjectsThatComeAndGoAreChanges) {
  int changes = 0;
  ObjectVersions versions([&] { ++changes; });
  versions.see("c/0", "");
  EXPECT_EQ(changes, 0);
  EXPECT_TRUE(versions.differs("c/0", "1"));
  versions.see("c/0", "1");
  versions.see("c/0", "");
  EXPECT_EQ(changes, 2);
  EXPECT_FALSE(versions.differs("c/1", "1")) << "never read";
}

TEST(ObjectVersions, R25WhatWasThereIsNotMissingAtOnce) {
  using Clock = ObjectVersions::Clock;
  const Clock::time_point start{std::chrono::hours(1)};
  const auto end = start + ObjectVersions::kDoubt;
  ObjectVersions versions([] {}, true);
  EXPECT_TRUE(versions.believe_missing("never seen", start));
  versions.see("c/0", "1");
  EXPECT_FALSE(versions.believe_missing("c/0", start));
  EXPECT_FALSE(versions.believe_missing("c/0", end - std::chrono::milliseconds(1)));
  EXPECT_TRUE(versions.believe_missing("c/0", end));
  versions.see("c/0", "2");
  EXPECT_FALSE(versions.believe_missing("c/0", end)) << "it was there in between";
  versions.see("c/0", "");
  EXPECT_TRUE(versions.believe_missing("c/0", end));
  ObjectVersions local([] {});
  local.see("c/0", "1");
  EXPECT_TRUE(local.believe_missing("c/0", start));
}

TEST(ObjectVersions, KeepsTheNamesThatWereReadLastEachOnce) {
  ObjectVersions versions([] {});
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5000; ++i) versions.see(key(i), "1");
  }
  std::set<std::string> names;
  for (int turn = 0; turn < 5; ++turn) {
    for (const std::string& name : versions.next_names(1000)) names.insert(name);
  }
  EXPECT_EQ(names.size(), 4096u);
  EXPECT_TRUE(names.contains(key(4999)));
  EXPECT_EQ(versions.next_names(10000).size(), 4096u);
}

}  // namespace
}  // namespace neurofs
