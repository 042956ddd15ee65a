// Data that codec tests share: patterns with a fixed seed, so that a failure repeats.
#pragma once

#include <random>
#include <string>

#include "core/base/bytes.h"

namespace neurofs::test {

enum class Pattern { kZeros, kSmooth, kRandom };

// kSmooth: slowly growing little-endian integers, as real arrays compress.
inline ByteVector make_data(Pattern pattern, size_t size, unsigned seed = 7) {
  ByteVector data(size);
  std::mt19937 random(seed);
  for (size_t i = 0; i < size; ++i) {
    if (pattern == Pattern::kSmooth) data[i] = static_cast<std::byte>((i / 3) >> (8 * (i % 4)));
    if (pattern == Pattern::kRandom) data[i] = static_cast<std::byte>(random());
  }
  return data;
}

inline Bytes bytes_of(const std::string& text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

}  // namespace neurofs::test
