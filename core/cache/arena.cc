#include "core/cache/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

#include "core/base/checked.h"

namespace neurofs {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uintptr_t kHugePage = uintptr_t{2} << 20;

}  // namespace

uint64_t slot_size_for(uint64_t bytes) {
  if (bytes <= kPage) return kPage;
  const uint64_t step = std::max(kPage, std::bit_floor(bytes - 1) / 8);
  return ceil_div(bytes, step) * step;
}

Arena::SizeClass::SizeClass(uint64_t slot, uint64_t count)
    : slot_size(slot),
      slots(count),
      // One huge page more, so that the slots can begin at a huge page's boundary.
      memory(slot * count + kHugePage),
      free(count) {
  const auto address = reinterpret_cast<uintptr_t>(&memory[0]);
  base = &memory[0] + (ceil_div(address, kHugePage) * kHugePage - address);
  madvise(base, slot * count, MADV_HUGEPAGE);  // a wish: failing costs speed only
}

Result<Arena::SizeClass*> Arena::size_class(uint64_t slot_size) {
  const auto it = classes_.find(slot_size);
  if (it != classes_.end()) return &it->second;
  try {
    return &classes_.try_emplace(slot_size, slot_size, budget_ / slot_size).first->second;
  } catch (const std::bad_alloc&) {
    return no_memory("cannot reserve " + std::to_string(budget_) +
                     " bytes of address space for the RAM tier; lower --ram or raise ulimit -v");
  }
}

bool Arena::make_room(uint64_t bytes, const SizeClass* except) {
  for (auto& [size, c] : classes_) {
    if (&c == except) continue;
    while (committed_ + bytes > budget_ && c.warm > 0) {
      if (c.huge_pages) {
        madvise(c.base, c.slot_size * c.slots, MADV_NOHUGEPAGE);
        c.huge_pages = false;
      }
      const uint32_t number = c.pop_warm();
      madvise(c.at(number), size, MADV_DONTNEED);
      c.free[c.slots - ++c.cold] = number;
      committed_ -= size;
    }
  }
  return committed_ + bytes <= budget_;
}

Result<Arena::Slot> Arena::allocate(uint64_t bytes) {
  const uint64_t size = slot_size_for(bytes);
  if (size > budget_) {
    return no_memory("a block of " + std::to_string(bytes) +
                     " bytes does not fit the RAM tier of " + std::to_string(budget_) +
                     " bytes; raise --ram");
  }
  NF_ASSIGN(SizeClass * c, size_class(size));
  if (c->warm > 0) return Slot{c->at(c->pop_warm()), size};
  if (!make_room(size, c)) return Slot{};
  std::byte* data = nullptr;
  if (c->cold > 0) {
    data = c->at(c->pop_cold());
  } else if (c->used < c->slots) {
    data = c->at(static_cast<uint32_t>(c->used++));
  } else {
    return Slot{};
  }
  committed_ += size;
  peak_ = std::max(peak_, committed_);
  return Slot{data, size};
}

void Arena::free(Slot slot) noexcept {
  SizeClass& c = classes_.at(slot.size);
  c.free[c.warm++] = static_cast<uint32_t>(static_cast<uint64_t>(slot.data - c.base) / slot.size);
}

}  // namespace neurofs
