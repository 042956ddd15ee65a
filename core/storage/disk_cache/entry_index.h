// EntryIndex: where each entry of the disk cache lies. In memory only.
//
// Purpose: 24 bytes a slot. An entry is known by 64 of its key's 128 bits; the others, and the full version,
// are in the check that whoever reads its bytes makes. Open addressing in 64 parts, each with its lock, held for
// a probe; a part grows by a quarter when it is 85 % full.
// Thread-safety: every method from any thread. Memory: 28 to 37 bytes an entry; `most` bounds the entries.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include "core/storage/disk_cache/segment_format.h"

namespace neurofs {

struct EntryPlace {
  static constexpr uint8_t kMostReads = 3;

  uint32_t segment = 0;      // below 2^20
  uint32_t at = 0;           // in units of 512 bytes, below 2^17
  uint32_t version_tag = 0;  // 25 bits of the version's hash
  uint8_t reads = 0;         // since it was written, counted to kMostReads
  uint32_t length = 0;
  uint32_t check = 0;

  bool same_place(const EntryPlace& other) const {
    return segment == other.segment && at == other.at;
  }
};

constexpr uint32_t kMostSegments = uint32_t{1} << 20;
constexpr uint32_t version_tag_of(uint64_t version) {
  return static_cast<uint32_t>(version >> 39);
}

class EntryIndex {
 public:
  explicit EntryIndex(uint64_t most);

  std::optional<EntryPlace> find(const CacheKey& key) const;
  void count_read(const CacheKey& key);
  // In place of what was there. False, and nothing done, when the index is full.
  bool put(const CacheKey& key, const EntryPlace& place);
  // Only while it lies there.
  bool erase(const CacheKey& key, const EntryPlace& place);
  void reserve(uint64_t entries);
  uint64_t size() const { return size_.load(std::memory_order_relaxed); }
  uint64_t most() const { return most_; }

 private:
  struct Slot {
    uint64_t tag = 0;  // 0: empty
    uint32_t length = 0;
    uint32_t check = 0;
    uint64_t place = 0;
  };
  static_assert(sizeof(Slot) == 24);
  struct alignas(64) Part {
    mutable std::mutex mutex;
    std::vector<Slot> slots;  // guarded by mutex, like what follows
    size_t used = 0;
  };
  static constexpr size_t kParts = 64;

  static uint64_t tag_of(const CacheKey& key) { return key.lo == 0 ? 1 : key.lo; }
  static EntryPlace unpack(const Slot& slot);
  static size_t home(uint64_t tag, size_t slots);
  static size_t probe(const Part& part, uint64_t tag);
  static void resize(Part& part, size_t slots);
  Part& part_of(uint64_t tag) { return parts_[tag % kParts]; }
  const Part& part_of(uint64_t tag) const { return parts_[tag % kParts]; }

  const uint64_t most_;
  std::atomic<uint64_t> size_{0};
  std::array<Part, kParts> parts_;
};

}  // namespace neurofs
