// Outstanding: which guess each block was fetched for, so that what becomes of it is credited there.
//
// Purpose: a block that is read, or evicted unread, teaches the walk or the table that foresaw it.
// Bounded and lossy: a later block may take an earlier one's place, whose fate then teaches nothing.
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/base/lazy_array.h"
#include "core/prefetch/mix.h"

namespace neurofs {

class Outstanding {
 public:
  void add(int64_t block, uint32_t group) { place(block) = {block, group}; }
  // The group it was proposed for, once; 0: none is known.
  uint32_t take(int64_t block) {
    Entry& entry = place(block);
    if (entry.block != block) return 0;
    return std::exchange(entry.group, 0);
  }

  static constexpr size_t table_bytes() { return kEntries * sizeof(Entry); }

 private:
  static constexpr size_t kEntries = 4096;
  struct Entry {
    int64_t block = 0;
    uint32_t group = 0;  // 0: of none, so that zeroed memory is an empty table
  };
  Entry& place(int64_t block) { return entries_[mix(static_cast<uint64_t>(block)) % kEntries]; }

  LazyArray<Entry> entries_{kEntries};
};

}  // namespace neurofs
