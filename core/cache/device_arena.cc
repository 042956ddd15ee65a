#include "core/cache/device_arena.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "core/base/checked.h"
#include "core/cache/arena.h"

namespace neurofs {
namespace {

constexpr uint64_t kLargestUnit = uint64_t{2} << 20;
constexpr uint64_t kSmallestUnit = uint64_t{64} << 10;
constexpr uint64_t kUnitsWanted = 64;  // of a small memory
constexpr uint64_t kSlotsWanted = 8;   // of a slab of one unit
constexpr uint64_t kSlotsOfLarge = 4;  // of a slab of several
constexpr uint64_t kVeryLarge = 4;     // units, from which on a slot is a slab of its own

uint64_t unit_for(uint64_t bytes) {
  return std::clamp(std::bit_floor(std::max<uint64_t>(bytes / kUnitsWanted, 1)), kSmallestUnit,
                    kLargestUnit);
}

}  // namespace

DeviceArena::DeviceArena(uint64_t bytes)
    : unit_(unit_for(bytes)), slabs_(bytes / unit_), free_units_(slabs_.size()) {}

uint64_t DeviceArena::find_run(uint64_t units) const {
  if (units > free_units_) return slabs_.size();
  uint64_t run = 0;
  for (uint64_t i = 0; i < slabs_.size(); ++i) {
    run = slabs_[i] == nullptr ? run + 1 : 0;
    if (run == units) return i + 1 - units;
  }
  return slabs_.size();
}

// So many slots that little is lost at the end of the last unit, and not so many that a slab hardly
// ever empties.
DeviceArena::Slab* DeviceArena::new_slab(uint64_t slot_size) {
  uint64_t slots = unit_ / slot_size;
  if (slots < kSlotsWanted) slots = slot_size >= kVeryLarge * unit_ ? 1 : kSlotsOfLarge;
  uint64_t units = ceil_div(slots * slot_size, unit_);
  uint64_t first = find_run(units);
  if (first == slabs_.size() && slots > 1) {
    units = ceil_div(slot_size, unit_);
    first = find_run(units);
  }
  if (first == slabs_.size()) return nullptr;
  slots = units * unit_ / slot_size;
  const auto slab = std::make_shared<Slab>(Slab{first, units, slot_size, {}, {}});
  slab->free.resize(slots);
  std::iota(slab->free.rbegin(), slab->free.rend(), 0U);
  slab->tags.assign(slots, kNoTag);
  std::fill_n(slabs_.begin() + static_cast<std::ptrdiff_t>(first), units, slab);
  with_room_[slot_size].insert(first);
  free_units_ -= units;
  return slab.get();
}

std::optional<DeviceArena::Slot> DeviceArena::allocate(uint64_t bytes) {
  const uint64_t size = slot_size_for(bytes);
  if (size > slabs_.size() * unit_) return std::nullopt;
  auto& room = with_room_[size];
  Slab* slab = room.empty() ? new_slab(size) : slabs_[*room.begin()].get();
  if (slab == nullptr) return std::nullopt;
  const uint32_t number = slab->free.back();
  slab->free.pop_back();
  if (slab->free.empty()) room.erase(slab->first_unit);
  used_ += size;
  return Slot{slab->first_unit * unit_ + number * size, size};
}

uint32_t DeviceArena::number_of(const Slab& slab, const Slot& slot) const {
  return static_cast<uint32_t>((slot.offset - slab.first_unit * unit_) / slab.slot_size);
}

void DeviceArena::free(const Slot& slot) {
  Slab& slab = slab_of(slot);
  const uint32_t number = number_of(slab, slot);
  slab.tags[number] = kNoTag;
  slab.free.push_back(number);
  used_ -= slot.size;
  if (slab.free.size() < slab.tags.size()) {
    if (slab.free.size() == 1) with_room_[slot.size].insert(slab.first_unit);
    return;
  }
  with_room_[slot.size].erase(slab.first_unit);
  const auto begin = slabs_.begin() + static_cast<std::ptrdiff_t>(slab.first_unit);
  free_units_ += slab.units;
  std::fill_n(begin, slab.units, nullptr);  // the slab ends here
}

void DeviceArena::set_tag(const Slot& slot, uint32_t tag) {
  Slab& slab = slab_of(slot);
  slab.tags[number_of(slab, slot)] = tag;
}

std::vector<uint32_t> DeviceArena::tags_beside(const Slot& slot) const {
  std::vector<uint32_t> tags;
  for (const uint32_t tag : slab_of(slot).tags) {
    if (tag != kNoTag) tags.push_back(tag);
  }
  return tags;
}

}  // namespace neurofs
