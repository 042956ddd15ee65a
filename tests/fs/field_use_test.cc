#include "fs/field_use.h"

#include <gtest/gtest.h>

namespace neurofs {
namespace {

TEST(FieldUse, TellsWhatWasUsedSinceTheLastLook) {
  FieldUse use(2);
  use.note(1);
  EXPECT_FALSE(use.take(0));
  EXPECT_TRUE(use.take(1));
  EXPECT_FALSE(use.take(1));
}

TEST(FieldUse, WakesForAFieldThatWasPassedOver) {
  int woken = 0;
  FieldUse use(1);
  use.on_wake([&] { ++woken; });
  use.note(0);
  EXPECT_TRUE(use.take(0));
  use.note(0);
  EXPECT_TRUE(use.take(0));
  EXPECT_EQ(woken, 0) << "it had a look each time";
  EXPECT_FALSE(use.take(0));
  use.note(0);
  use.note(0);
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(use.take(0));
  use.on_wake(nullptr);
  EXPECT_FALSE(use.take(0));
  use.note(0);
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace neurofs
