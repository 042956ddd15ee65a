// ProgressBar: one line on standard error with rate and time left.
//
// Thread-safety: one thread at a time. Draws at most ten times a second; a bar that is off draws
// nothing but keeps the time.
#pragma once

#include <chrono>
#include <cstdint>

namespace neurofs::tools {

class ProgressBar {
 public:
  explicit ProgressBar(bool on) : on_(on) {}

  // Bytes done in all, to do in all, and done by an earlier run (these do not count for the rate).
  void show(uint64_t done, uint64_t total, uint64_t resumed);
  // Ends the line.
  void finish();
  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;
  const bool on_;
  bool drawn_ = false;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_{};
};

}  // namespace neurofs::tools
