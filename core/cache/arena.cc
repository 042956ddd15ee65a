#include "core/cache/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>

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

Arena::~Arena() {
  for (auto& [size, c] : classes_) munmap(c.map, c.mapped);
}

Result<Arena::SizeClass*> Arena::size_class(uint64_t slot_size) {
  const auto it = classes_.find(slot_size);
  if (it != classes_.end()) return &it->second;
  SizeClass c;
  c.reserved = budget_ / slot_size * slot_size;
  // One huge page more, so that the slots can begin at a huge page's boundary.
  c.mapped = c.reserved + kHugePage;
  c.map = mmap(nullptr, c.mapped, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (c.map == MAP_FAILED) {
    return no_memory("cannot reserve " + std::to_string(c.mapped) +
                     " bytes of address space for the RAM tier; lower --ram or raise ulimit -v");
  }
  const auto address = reinterpret_cast<uintptr_t>(c.map);
  c.base = static_cast<std::byte*>(c.map) + (ceil_div(address, kHugePage) * kHugePage - address);
  madvise(c.base, c.reserved, MADV_HUGEPAGE);  // a wish: failing costs speed only
  return &classes_.emplace(slot_size, std::move(c)).first->second;
}

bool Arena::make_room(uint64_t bytes, const SizeClass* except) {
  for (auto& [size, c] : classes_) {
    if (&c == except) continue;
    while (committed_ + bytes > budget_ && !c.warm.empty()) {
      if (c.huge_pages) {
        madvise(c.base, c.reserved, MADV_NOHUGEPAGE);
        c.huge_pages = false;
      }
      madvise(c.warm.back(), size, MADV_DONTNEED);
      c.cold.push_back(c.warm.back());
      c.warm.pop_back();
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
  if (!c->warm.empty()) {
    std::byte* data = c->warm.back();
    c->warm.pop_back();
    return Slot{data, size};
  }
  if (!make_room(size, c)) return Slot{};
  std::byte* data = nullptr;
  if (!c->cold.empty()) {
    data = c->cold.back();
    c->cold.pop_back();
  } else if (c->used + size <= c->reserved) {
    data = c->base + c->used;
    c->used += size;
  } else {
    return Slot{};
  }
  committed_ += size;
  peak_ = std::max(peak_, committed_);
  return Slot{data, size};
}

void Arena::free(Slot slot) {
  classes_.at(slot.size).warm.push_back(slot.data);
}

}  // namespace neurofs
