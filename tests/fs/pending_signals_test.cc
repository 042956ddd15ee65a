#include "fs/pending_signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace neurofs {
namespace {

std::string status(const std::string& thread, const std::string& shared,
                   const std::string& blocked = "0", const std::string& ignored = "0") {
  return "Name:\tcat\nState:\tS (sleeping)\nSigQ:\t1/96365\nSigPnd:\t" + thread + "\nShdPnd:\t" +
         shared + "\nSigBlk:\t" + blocked + "\nSigIgn:\t" + ignored +
         "\nSigCgt:\t0000000000000002\n";
}

TEST(PendingSignals, R44AKillOrAnInterruptEndsARead) {
  EXPECT_TRUE(status_has_pending_signal(status("0000000000000100", "0")));  // SIGKILL
  EXPECT_TRUE(status_has_pending_signal(status("0", "0000000000000002")));  // SIGINT
  EXPECT_TRUE(status_has_pending_signal(status("0", "0000000000004000")));  // SIGTERM
}

TEST(PendingSignals, WhatNobodyHearsEndsNothing) {
  EXPECT_FALSE(status_has_pending_signal(status("0", "0")));
  EXPECT_FALSE(status_has_pending_signal(status("0", "2", "2", "0")));
  EXPECT_FALSE(status_has_pending_signal(status("0", "2", "0", "2")));
  EXPECT_FALSE(status_has_pending_signal(status("0", "0000000000010000")));  // SIGCHLD
  EXPECT_FALSE(status_has_pending_signal(status("0", "0000000000400000")));  // SIGURG, of Go
  EXPECT_FALSE(status_has_pending_signal(status("0", "0000001000000000")));
  EXPECT_FALSE(status_has_pending_signal("no status at all"));
}

TEST(PendingSignals, LooksAtThreads) {
  EXPECT_FALSE(has_pending_signal(static_cast<uint64_t>(gettid())));
  EXPECT_TRUE(has_pending_signal(UINT64_MAX));  // not there
}

}  // namespace
}  // namespace neurofs
