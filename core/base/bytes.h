// Byte spans and ranges: the currency between layers.
//
// Units are bytes everywhere. Spans never own; whoever hands one out says how long it lives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace neurofs {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;
using ByteVector = std::vector<std::byte>;

// Bytes [offset, offset + length) of an object or a file.
struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;

  uint64_t end() const { return offset + length; }
  bool operator==(const ByteRange&) const = default;
};

template <typename T>
Bytes as_bytes_of(std::span<const T> s) {
  return std::as_bytes(s);
}

}  // namespace neurofs
