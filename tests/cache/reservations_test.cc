#include "core/cache/reservations.h"

#include <gtest/gtest.h>

#include <chrono>
#include <new>

namespace neurofs {
namespace {

TEST(Reservations, WhoFailsWhileItWaitsLeavesItsTurnToOthers) {
  Reservations memory(10);
  Reservation held = memory.reserve(10).value();
  EXPECT_THROW(static_cast<void>(memory.reserve(5, [] { throw std::bad_alloc(); })),
               std::bad_alloc);
  held.release();
  EXPECT_TRUE(memory.try_reserve(10, 10));
  const ReadScope scope(nullptr, ReadScope::Clock::now() + std::chrono::seconds(10));
  EXPECT_TRUE(memory.reserve(10).ok());
}

TEST(Reservations, WhatIsReturnedWhileItWaitsIsItsOwn) {
  Reservations memory(10);
  Reservation held = memory.reserve(10).value();
  const ReadScope scope(nullptr, ReadScope::Clock::now() + std::chrono::seconds(10));
  const auto waited = memory.reserve(5, [&] {
    held.release();
    EXPECT_FALSE(memory.try_reserve(1, 10));
  });
  EXPECT_TRUE(waited.ok());
}

}  // namespace
}  // namespace neurofs
