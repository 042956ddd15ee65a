// RetryPolicy: how long to pause before asking again.
//
//   base = first * 2^(attempts - 1), at most `most`;  pause = base/2 + a random share of base/2
//   a server that says when (Retry-After) is asked no sooner; none is asked later than the time that is left
//
// Pure: chance comes as an argument. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace neurofs {

struct RetryPolicy {
  std::chrono::milliseconds first{40};
  std::chrono::milliseconds most{5'000};
  int retries = 8;

  // After `attempts` that failed (at least 1); nothing: give up. `random` is any 64 random bits.
  std::optional<std::chrono::milliseconds> pause(
      int attempts, std::optional<std::chrono::milliseconds> retry_after,
      std::chrono::milliseconds left, uint64_t random) const;
};

}  // namespace neurofs
