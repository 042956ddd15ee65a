#include "fs/pending_signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace neurofs {
namespace {

std::string status(const std::string& thread, const std::string& shared,
                   const std::string& blocked = "0", const std::string& ignored = "0",
                   const std::string& caught = "0000000000000002") {
  return "Name:\tcat\nState:\tS (sleeping)\nSigQ:\t1/96365\nSigPnd:\t" + thread + "\nShdPnd:\t" +
         shared + "\nSigBlk:\t" + blocked + "\nSigIgn:\t" + ignored + "\nSigCgt:\t" + caught + "\n";
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

constexpr const char* kAlarm = "2000";
constexpr const char* kUser1 = "200";
constexpr const char* kProfile = "4000000";
constexpr const char* kTerminalStop = "80000";

TEST(PendingSignals, WhatAHandlerTakesEndsNothingUnlessItAsksForTheEnd) {
  for (const char* const signal : {kAlarm, kUser1, kProfile}) {
    EXPECT_TRUE(status_has_pending_signal(status("0", signal, "0", "0", "0"))) << "it kills";
    EXPECT_FALSE(status_has_pending_signal(status("0", signal, "0", "0", signal))) << signal;
  }
  for (const char* const signal : {"1", "2", "4", "4000"}) {  // HUP, INT, QUIT, TERM
    EXPECT_TRUE(status_has_pending_signal(status(signal, "0", "0", "0", signal))) << signal;
  }
}

TEST(PendingSignals, WhoIsStoppedGoesOnReading) {
  EXPECT_FALSE(status_has_pending_signal(status("0", kTerminalStop)));
  EXPECT_FALSE(status_has_pending_signal(status("0", kTerminalStop, "0", "0", kTerminalStop)));
}

TEST(PendingSignals, LooksAtThreads) {
  EXPECT_FALSE(has_pending_signal(static_cast<uint64_t>(gettid())));
  EXPECT_TRUE(has_pending_signal(UINT64_MAX));  // not there
}

}  // namespace
}  // namespace neurofs
