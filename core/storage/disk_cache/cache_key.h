// CacheKey: what a block of a remote object is called in the disk cache.
//
// Purpose: 128 bits that stand for store URL, object key and byte range, and 64 for the object's version. The
// object's part is the head of a SHA-256, so nobody who chooses names finds two that meet; range and version
// are hashed by SipHash with that as the key. Pure; any thread. Memory: 64 names a thread, whose hashes are kept.
// Source: Aumasson, Bernstein: SipHash, a fast short-input PRF (2012), and its 128-bit reference code.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/bytes.h"

namespace neurofs {

struct ObjectHash {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
};

struct CacheKey {
  uint64_t hi = 0;
  uint64_t lo = 0;
  uint64_t version =
      0;  // not of the place where the entry is looked for: a key holds one version at a time

  bool operator==(const CacheKey&) const = default;
};

// The range that stands for an object as a whole, whatever its size.
constexpr ByteRange kWholeObject{0, UINT64_MAX};

ObjectHash hash_object(std::string_view store_url, std::string_view key);
uint64_t hash_version(const ObjectHash& object, std::string_view version);
CacheKey cache_key(const ObjectHash& object, ByteRange range, uint64_t version_hash);

// SipHash-2-4 with 128 bits of output.
std::array<uint64_t, 2> siphash128(const ObjectHash& key, Bytes data);

}  // namespace neurofs
