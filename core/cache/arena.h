// Arena: the memory of the RAM tier, in fixed-size slots under one byte budget.
//
// Purpose: a block's memory never moves and never fragments. Each size class owns a reserved range
// of addresses as large as the budget; only slots in use (or kept for reuse) are backed by memory,
// and a class gives its free slots back to the system when another needs the room. The sum of
// backed slots never passes the budget. Thread-safety: none; BlockCache calls it under its lock.
// Ownership: slots belong to the arena; the caller returns each once. Units: bytes; slot addresses
// are 4 KiB aligned, as O_DIRECT wants. Errors: create fails with kNoMemory where addresses cannot
// be reserved; allocate returns nullopt when the budget is full (evict, then retry) and kNoMemory
// when one slot can never fit. Huge pages: asked for per class (TLB misses dominate warm random
// reads); withdrawn from a class the first time it gives memory back, since the kernel would
// otherwise refill the holes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "core/base/lazy_array.h"
#include "core/base/result.h"

namespace neurofs {

// Slot sizes: multiples of 4 KiB, eight steps per doubling, so that at most an eighth is lost.
uint64_t slot_size_for(uint64_t bytes);

class Arena {
 public:
  struct Slot {
    std::byte* data = nullptr;  // null: none
    uint64_t size = 0;          // the class's slot size
  };

  explicit Arena(uint64_t budget) : budget_(budget) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // A slot of at least `bytes`; data is null when the budget is full.
  Result<Slot> allocate(uint64_t bytes);
  void free(Slot slot) noexcept;

  uint64_t budget() const { return budget_; }
  uint64_t committed() const { return committed_; }
  uint64_t peak() const { return peak_; }

 private:
  struct SizeClass {
    SizeClass(uint64_t slot, uint64_t count);
    std::byte* at(uint32_t number) const { return base + number * slot_size; }
    uint32_t pop_warm() { return free[--warm]; }
    uint32_t pop_cold() { return free[slots - cold--]; }

    const uint64_t slot_size;
    const uint64_t slots;
    LazyArray<std::byte> memory;
    std::byte* base = nullptr;  // within `memory`, at a huge page's boundary
    uint64_t used = 0;          // slots handed out at least once, from the front
    bool huge_pages = true;
    // Free slots, by number; a place each, so that giving one back never allocates. Those that are
    // backed by memory at the front, those that are not at the back.
    LazyArray<uint32_t> free;
    uint64_t warm = 0;
    uint64_t cold = 0;
  };

  Result<SizeClass*> size_class(uint64_t slot_size);
  // Gives back free slots of other classes until `bytes` fit. False when they never will.
  bool make_room(uint64_t bytes, const SizeClass* except);

  const uint64_t budget_;
  uint64_t committed_ = 0;
  uint64_t peak_ = 0;
  std::map<uint64_t, SizeClass> classes_;  // by slot size
};

}  // namespace neurofs
