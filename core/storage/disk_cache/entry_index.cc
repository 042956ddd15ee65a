#include "core/storage/disk_cache/entry_index.h"

#include <algorithm>

namespace neurofs {
namespace {

constexpr size_t kFewestSlots = 8;

// segment:20 at:17 version_tag:25 reads:2
uint64_t pack(const EntryPlace& place) {
  return uint64_t{place.segment} << 44 | uint64_t{place.at} << 27 |
         uint64_t{place.version_tag} << 2 | place.reads;
}

}  // namespace

EntryIndex::EntryIndex(uint64_t most) : most_(most) {}

EntryPlace EntryIndex::unpack(const Slot& slot) {
  EntryPlace place;
  place.segment = static_cast<uint32_t>(slot.place >> 44);
  place.at = static_cast<uint32_t>(slot.place >> 27 & 0x1ffff);
  place.version_tag = static_cast<uint32_t>(slot.place >> 2 & 0x1ffffff);
  place.reads = static_cast<uint8_t>(slot.place & 3);
  place.length = slot.length;
  place.check = slot.check;
  return place;
}

size_t EntryIndex::home(uint64_t tag, size_t slots) {
  return static_cast<size_t>((tag >> 32) * slots >> 32);  // a part has fewer than 2^32 slots
}

// The slot that holds the tag, or the empty one where it would go. There is always an empty one.
size_t EntryIndex::probe(const Part& part, uint64_t tag) {
  size_t i = home(tag, part.slots.size());
  while (part.slots[i].tag != 0 && part.slots[i].tag != tag) {
    if (++i == part.slots.size()) i = 0;
  }
  return i;
}

void EntryIndex::resize(Part& part, size_t slots) {
  std::vector<Slot> old(slots);
  old.swap(part.slots);
  for (const Slot& slot : old) {
    if (slot.tag != 0) part.slots[probe(part, slot.tag)] = slot;
  }
}

std::optional<EntryPlace> EntryIndex::find(const CacheKey& key) const {
  const uint64_t tag = tag_of(key);
  const Part& part = part_of(tag);
  const std::lock_guard lock(part.mutex);
  if (part.used == 0) return std::nullopt;
  const Slot& slot = part.slots[probe(part, tag)];
  if (slot.tag == 0) return std::nullopt;
  return unpack(slot);
}

void EntryIndex::count_read(const CacheKey& key) {
  const uint64_t tag = tag_of(key);
  Part& part = part_of(tag);
  const std::lock_guard lock(part.mutex);
  if (part.used == 0) return;
  Slot& slot = part.slots[probe(part, tag)];
  if (slot.tag != 0 && (slot.place & 3) != EntryPlace::kMostReads) ++slot.place;
}

bool EntryIndex::put(const CacheKey& key, const EntryPlace& place) {
  const uint64_t tag = tag_of(key);
  Part& part = part_of(tag);
  const std::lock_guard lock(part.mutex);
  if (part.slots.empty()) part.slots.resize(kFewestSlots);
  size_t at = probe(part, tag);
  if (part.slots[at].tag == 0) {
    if (size() >= most_) return false;
    if ((part.used + 1) * 20 > part.slots.size() * 17) {
      resize(part, part.slots.size() + std::max(part.slots.size() / 4, kFewestSlots));
      at = probe(part, tag);
    }
    ++part.used;
    size_.fetch_add(1, std::memory_order_relaxed);
  }
  part.slots[at] = {tag, place.length, place.check, pack(place)};
  return true;
}

bool EntryIndex::erase(const CacheKey& key, const EntryPlace& place) {
  const uint64_t tag = tag_of(key);
  Part& part = part_of(tag);
  const std::lock_guard lock(part.mutex);
  if (part.used == 0) return false;
  const size_t n = part.slots.size();
  size_t hole = probe(part, tag);
  if (part.slots[hole].tag == 0 || !unpack(part.slots[hole]).same_place(place)) return false;
  // What probed past the hole moves back into it, so that no probe ends too early.
  for (size_t i = (hole + 1) % n; part.slots[i].tag != 0; i = (i + 1) % n) {
    const size_t want = home(part.slots[i].tag, n);
    if ((i + n - want) % n < (i + n - hole) % n) continue;
    part.slots[hole] = part.slots[i];
    hole = i;
  }
  part.slots[hole] = {};
  --part.used;
  size_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void EntryIndex::reserve(uint64_t entries) {
  const auto slots = static_cast<size_t>(std::min(entries, most_) / kParts * 5 / 4 + kFewestSlots);
  for (Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    if (slots > part.slots.size()) resize(part, slots);
  }
}

}  // namespace neurofs
