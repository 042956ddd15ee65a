// FastDiv: quotient and remainder by a divisor that is known once and used often.
//
// Purpose: turning an index into block and offset costs one multiplication instead of a division.
// Exact for every 64-bit dividend: with M = floor(2^64 / d) + 1, mulhi(x, M) is x / d or one more,
// and one comparison mends it. Source: Granlund and Montgomery, "Division by Invariant Integers
// using Multiplication" (1994). Thread-safe plain value.
#pragma once

#include <cstdint>

namespace neurofs {

class FastDiv {
 public:
  FastDiv() = default;
  // Precondition: 0 < divisor <= 2^63, so that a remainder that wrapped is told by its size.
  explicit FastDiv(uint64_t divisor)
      : divisor_(divisor), magic_(divisor > 1 ? UINT64_MAX / divisor + 1 : 0) {}

  uint64_t divisor() const { return divisor_; }

  uint64_t divide(uint64_t value, uint64_t* remainder) const {
    if (divisor_ == 1) {
      *remainder = 0;
      return value;
    }
    __extension__ using Wide = unsigned __int128;
    auto quotient = static_cast<uint64_t>((static_cast<Wide>(value) * magic_) >> 64);
    uint64_t rest = value - quotient * divisor_;
    if (rest >= divisor_) {  // one too many: wrapped below zero
      --quotient;
      rest += divisor_;
    }
    *remainder = rest;
    return quotient;
  }

 private:
  uint64_t divisor_ = 1;
  uint64_t magic_ = 0;
};

}  // namespace neurofs
