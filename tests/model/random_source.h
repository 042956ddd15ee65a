// Seeded randomness of the model tests.
//
// NEUROFS_TEST_SEED sets the seed of a run, NEUROFS_TEST_SECONDS how long each test goes on. Every
// case has a seed of its own, printed when it fails, so that a run can begin with that very case.
#pragma once

#include <chrono>
#include <cstdlib>
#include <random>
#include <string>

#include "core/base/bytes.h"

namespace neurofs::model {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // In [low, high].
  int64_t between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(engine_);
  }
  bool chance(double probability) { return std::bernoulli_distribution(probability)(engine_); }
  template <typename List>
  const auto& pick(const List& list) {
    return list[static_cast<size_t>(between(0, static_cast<int64_t>(std::size(list)) - 1))];
  }
  std::byte byte() { return static_cast<std::byte>(engine_() & 0xff); }

 private:
  std::mt19937_64 engine_;
};

inline uint64_t seed_of_run() {
  const char* text = std::getenv("NEUROFS_TEST_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

// True until the time of a test is over.
class Clock {
 public:
  explicit Clock(double default_seconds) {
    const char* text = std::getenv("NEUROFS_TEST_SECONDS");
    const double seconds = text != nullptr ? std::strtod(text, nullptr) : default_seconds;
    end_ = std::chrono::steady_clock::now() +
           std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
  }
  bool running() const { return std::chrono::steady_clock::now() < end_; }

 private:
  std::chrono::steady_clock::time_point end_;
};

}  // namespace neurofs::model
