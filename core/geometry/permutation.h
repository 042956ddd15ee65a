// Permutation: a seeded bijection of [0, size) that needs no table.
//
// Purpose: the order of a shuffled epoch, for any size up to 2^63, in both directions, so that a position of
// the epoch is arithmetic. The README has the same in Python, and a test holds the two together: the
// numbers are a promise, and never change.
//
//   mix(x):                     SplitMix64's finalizer
//     x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9
//     x = (x ^ x >> 27) * 0x94D049BB133111EB
//     return x ^ x >> 31
//   keys:                       key[i] = mix(mix(seed + G) + (i + 1) * G), i = 0..5, G = 0x9E3779B97F4A7C15
//   at(x):
//     bits = max(8, number of bits of size - 1); low = bits / 2; high = bits - low
//     do                        a walk along the cycle of a larger permutation, until it is inside
//       a, b = the high bits of x, the low bits of x
//       for i = 0, 2, 4         an unbalanced Feistel network
//         a = a ^ (mix((b ^ mix(tweak)) + key[i]) mod 2^high)
//         b = b ^ (mix((a ^ mix(tweak)) + key[i + 1]) mod 2^low)
//       x = a followed by b
//     while x >= size
//
// It scatters; it keeps no secrets. The walk takes less than two steps on average, for sizes below 128 up to
// 256 / size. Thread-safety: immutable plain values. Pure, O(1) memory, allocates nothing.
// Source: J. Black, P. Rogaway, "Ciphers with Arbitrary Finite Domains" (2002), cycle walking; D. Stafford's
// variant 13 of MurmurHash3's finalizer, as in Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
// Generators" (2014).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace neurofs {

constexpr uint64_t mix64(uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

// What a seed makes of itself, once for all permutations of that seed.
class PermutationKeys {
 public:
  static constexpr size_t kRounds = 6;

  explicit constexpr PermutationKeys(uint64_t seed) {
    const uint64_t start = mix64(seed + kGamma);
    for (size_t i = 0; i < kRounds; ++i) keys_[i] = mix64(start + (i + 1) * kGamma);
  }
  constexpr uint64_t operator[](size_t round) const { return keys_[round]; }

 private:
  static constexpr uint64_t kGamma = 0x9E3779B97F4A7C15u;
  std::array<uint64_t, kRounds> keys_{};
};

class Permutation {
 public:
  // Permutations of one seed that differ in their tweak have nothing to do with each other.
  // Precondition: size <= 2^63. `keys` must outlive the object.
  constexpr Permutation(const PermutationKeys& keys, uint64_t size, uint64_t tweak = 0)
      : keys_(keys), size_(size), tweak_(mix64(tweak)) {
    const int bits = std::max(kMinBits, size > 1 ? static_cast<int>(std::bit_width(size - 1)) : 0);
    low_bits_ = bits / 2;
    low_mask_ = (uint64_t{1} << low_bits_) - 1;
    high_mask_ = (uint64_t{1} << (bits - low_bits_)) - 1;
  }

  constexpr uint64_t size() const { return size_; }

  // Precondition of both: the argument is below size().
  constexpr uint64_t at(uint64_t position) const {
    do position = forth(position);
    while (position >= size_);
    return position;
  }
  // at(position_of(x)) == x.
  constexpr uint64_t position_of(uint64_t value) const {
    do value = back(value);
    while (value >= size_);
    return value;
  }

 private:
  static constexpr int kMinBits = 8;  // with fewer, few orders can be had of small sizes

  constexpr uint64_t round(uint64_t half, size_t i) const {
    return mix64((half ^ tweak_) + keys_[i]);
  }
  constexpr uint64_t forth(uint64_t x) const {
    uint64_t a = x >> low_bits_;
    uint64_t b = x & low_mask_;
    for (size_t i = 0; i < PermutationKeys::kRounds; i += 2) {
      a ^= round(b, i) & high_mask_;
      b ^= round(a, i + 1) & low_mask_;
    }
    return a << low_bits_ | b;
  }
  constexpr uint64_t back(uint64_t x) const {
    uint64_t a = x >> low_bits_;
    uint64_t b = x & low_mask_;
    for (size_t i = PermutationKeys::kRounds; i > 0; i -= 2) {
      b ^= round(a, i - 1) & low_mask_;
      a ^= round(b, i - 2) & high_mask_;
    }
    return a << low_bits_ | b;
  }

  const PermutationKeys& keys_;
  uint64_t size_;
  uint64_t tweak_;
  int low_bits_;
  uint64_t low_mask_;
  uint64_t high_mask_;
};

}  // namespace neurofs
