#include "core/storage/disk_cache/cache_key.h"

#include <openssl/sha.h>

#include <bit>
#include <cstring>
#include <functional>
#include <string>

namespace neurofs {
namespace {

static_assert(std::endian::native == std::endian::little, "hashes and records are little-endian");

struct Sip {
  uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  uint64_t finish() {
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

std::array<uint64_t, 2> siphash128(const ObjectHash& key, Bytes data) {
  Sip sip{0x736f6d6570736575 ^ key.k0, 0x646f72616e646f6d ^ key.k1 ^ 0xee,
          0x6c7967656e657261 ^ key.k0, 0x7465646279746573 ^ key.k1};
  const uint64_t length = data.size();
  uint64_t word = 0;
  for (; data.size() >= sizeof word; data = data.subspan(sizeof word)) {
    std::memcpy(&word, data.data(), sizeof word);
    sip.take(word);
  }
  word = 0;
  if (!data.empty()) std::memcpy(&word, data.data(), data.size());
  sip.take(word | length << 56);
  sip.v2 ^= 0xee;
  const uint64_t first = sip.finish();
  sip.v1 ^= 0xdd;
  return {first, sip.finish()};
}

namespace {

ObjectHash digest_object(std::string_view store_url, std::string_view key) {
  // A length before the URL, so that no two pairs are one text.
  std::string text = std::to_string(store_url.size()) + ":";
  text.append(store_url).append(key);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  ObjectHash hash;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

// The digest costs a microsecond, a sixth of a small read's time; readers come back to few objects.
struct KnownHash {
  std::string url;
  std::string key;
  ObjectHash hash;
  bool known = false;
};
constexpr size_t kKnownHashes = 64;  // a thread

}  // namespace

ObjectHash hash_object(std::string_view store_url, std::string_view key) {
  static thread_local std::array<KnownHash, kKnownHashes> known;
  KnownHash& place = known[std::hash<std::string_view>()(key) % kKnownHashes];
  if (!place.known || place.key != key || place.url != store_url) {
    place = {std::string(store_url), std::string(key), digest_object(store_url, key), true};
  }
  return place.hash;
}

uint64_t hash_version(const ObjectHash& object, std::string_view version) {
  return siphash128(object, std::as_bytes(std::span(version)))[0];
}

CacheKey cache_key(const ObjectHash& object, ByteRange range, uint64_t version_hash) {
  const std::array<uint64_t, 2> words{range.offset, range.length};
  const auto hash = siphash128(object, std::as_bytes(std::span(words)));
  return {hash[0], hash[1], version_hash};
}

}  // namespace neurofs
