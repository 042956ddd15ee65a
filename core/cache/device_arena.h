// DeviceArena: a device's memory in slots of the size classes, carved from slabs.
//
// Purpose: device memory is allocated once and cannot be given back page by page as RAM can, so it is
// cut into units; a slab is a run of units that holds slots of one class and returns to the free units
// when its last slot does. Arithmetic alone: it never touches a device.
// Thread-safety: none; DeviceShare calls it under its lock. Ownership: each slot is given back once.
// Units: bytes; offsets from the begin of the memory, multiples of 4 KiB. A slot carries a tag of its
// user's, so that everything in one slab can be found (to empty it for another class).
// Errors: nullopt where nothing is free; the caller evicts or does without.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace neurofs {

class DeviceArena {
 public:
  static constexpr uint32_t kNoTag = UINT32_MAX;

  struct Slot {
    uint64_t offset = 0;
    uint64_t size = 0;  // the class's, see slot_size_for()
  };

  explicit DeviceArena(uint64_t bytes);

  // A slot of at least `bytes`, without a tag.
  std::optional<Slot> allocate(uint64_t bytes);
  void free(const Slot& slot);

  void set_tag(const Slot& slot, uint32_t tag);
  // The tags of all slots in the slab that holds this one.
  std::vector<uint32_t> tags_beside(const Slot& slot) const;

  uint64_t used() const { return used_; }  // bytes of slots handed out
  uint64_t unit() const { return unit_; }

 private:
  struct Slab {
    uint64_t first_unit;
    uint64_t units;
    uint64_t slot_size;
    std::vector<uint32_t> free;  // slot numbers
    std::vector<uint32_t> tags;  // by slot number
  };

  Slab* new_slab(uint64_t slot_size);
  Slab& slab_of(const Slot& slot) const { return *slabs_.at(slot.offset / unit_); }
  uint32_t number_of(const Slab& slab, const Slot& slot) const;
  // The first run of `units` free units, or the number of units.
  uint64_t find_run(uint64_t units) const;

  const uint64_t unit_;
  std::vector<std::shared_ptr<Slab>> slabs_;          // by unit; null: free
  std::map<uint64_t, std::set<uint64_t>> with_room_;  // slot size -> first units of slabs
  uint64_t free_units_;
  uint64_t used_ = 0;
};

}  // namespace neurofs
