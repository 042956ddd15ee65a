// What is kept of an Association over a restart, little-endian:
//
//   "NFassoc2"  number of blocks of the field (8 bytes)  number of links (8)
//   links: the pair's key, the block after it and the one before it, plus 1, 0: not known (8 each)
//   CRC-32C of all before it (4)
//
// How sure it was is not kept: a link has to prove itself again, and with it the whole table.

#include <algorithm>
#include <cstring>

#include "core/base/crc32c.h"
#include "core/prefetch/association.h"

namespace neurofs {
namespace {

constexpr std::string_view kMagic = "NFassoc2";
constexpr size_t kHeader = 24;
constexpr size_t kLink = 24;
constexpr size_t kCrc = 4;

template <typename T>
void put(std::string* out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

template <typename T>
T get(std::string_view from, size_t at) {
  T value;
  std::memcpy(&value, from.data() + at, sizeof(T));
  return value;
}

uint32_t crc_of(std::string_view text) {
  return crc32c(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

std::string Association::save() const {
  std::string links;
  for (size_t i = 0; i < size_; ++i) {
    const Link& link = links_[i];
    if (link.key == 0) continue;
    put(&links, link.key & ~uint64_t{3});
    put(&links, link.next);
    put(&links, link.before);
  }
  if (links.empty()) return {};
  std::string out(kMagic);
  put(&out, block_count_);
  put(&out, static_cast<uint64_t>(links.size() / kLink));
  out += links;
  put(&out, crc_of(out));
  return out;
}

bool Association::restore(std::string_view saved) {
  if (saved.empty()) return true;
  if (saved.size() < kHeader + kCrc || !saved.starts_with(kMagic)) return false;
  const std::string_view body = saved.substr(0, saved.size() - kCrc);
  if (get<uint32_t>(saved, body.size()) != crc_of(body)) return false;
  if (get<int64_t>(saved, kMagic.size()) != block_count_) return false;
  const auto count = get<uint64_t>(saved, kMagic.size() + 8);
  if (count > kLinks || body.size() != kHeader + count * kLink) return false;
  const auto in_field = [this](int64_t block) { return block >= 0 && block <= block_count_; };
  for (uint64_t i = 0; i < count; ++i) {
    if (!in_field(get<int64_t>(body, kHeader + i * kLink + 8)) ||
        !in_field(get<int64_t>(body, kHeader + i * kLink + 16)))
      return false;
  }
  if (size_ == 0) grow();
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t key = get<uint64_t>(body, kHeader + i * kLink) & ~uint64_t{3};
    Link& link = find_or_make(std::max<uint64_t>(key, 4));
    link.next = get<int64_t>(body, kHeader + i * kLink + 8);
    link.before = get<int64_t>(body, kHeader + i * kLink + 16);
    link.set_sure(link.next != 0 ? 1 : 0);
  }
  return true;
}

}  // namespace neurofs
