#include "core/prefetch/walk_table.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <tuple>

#include "core/prefetch/mix.h"

namespace neurofs {
namespace {

constexpr uint64_t kLately = 128;    // reads
constexpr uint64_t kPassedFor = 24;  // reads that something passed over may be late by

// A walk that has proved little is expected at few places, or chance would feed it.
uint32_t earned(const Walk& walk) {
  if (walk.confirmed < 1 && !walk.guessed) return 1;
  return walk.seen < 5 ? 3 : Walk::kForeseen;
}

// Of two walks that expect a block: this reader's; one that was read lately; the one with smaller
// steps, since a sequence with gaps looks like several strides as well; the one read later.
std::tuple<bool, bool, int64_t, uint64_t> rank_of(const Walk& walk, uint64_t stream, uint64_t now) {
  return {walk.stream == stream, walk.used_at + kLately > now, -std::abs(walk.at.level(0).step),
          walk.used_at};
}

}  // namespace

WalkTable::WalkTable(int64_t block_count) : block_count_(block_count) {
  std::iota(order_.begin(), order_.end(), uint8_t{0});
}

size_t WalkTable::home(int64_t block) {
  return mix(static_cast<uint64_t>(block)) % kSlots;
}

WalkTable::Match WalkTable::find(int64_t block, uint64_t count, uint64_t stream, uint64_t now) {
  Walk* best = nullptr;
  for (size_t i = home(block); slots_[i].walk != 0; i = (i + 1) % kSlots) {
    if (slots_[i].block != block) continue;
    Walk& walk = walks_[slots_[i].walk - 1];
    if (!walk.takes(count)) continue;
    if (best == nullptr || rank_of(walk, stream, now) > rank_of(*best, stream, now)) best = &walk;
  }
  if (best == nullptr) return {};
  uint32_t distance = 1;
  while (best->ring_[(best->ring_first_ + distance - 1) % Walk::kForeseen] != block) ++distance;
  return {best, distance};
}

Walk& WalkTable::create(uint64_t stream, const Odometer& at, uint32_t length, uint64_t now) {
  Walk& walk = walks_[order_[used_]];
  walk = Walk();
  regroup(walk);
  walk.stream = stream;
  walk.length = length;
  walk.at = walk.front = walk.look_ = at;
  ++used_;
  touch(walk, now);
  return walk;
}

void WalkTable::regroup(Walk& walk) {
  // The last kWalks numbers stay free: a predictor may use UINT32_MAX for what no walk proposes.
  groups_ = groups_ >= UINT32_MAX - 2 * kWalks ? kWalks : groups_ + kWalks;
  walk.group = groups_ + static_cast<uint32_t>(number(walk));
}

void WalkTable::remove(Walk& walk) {
  forget(walk);
  walk.group = 0;
  const auto at = std::find(order_.begin(), order_.end(), number(walk));
  std::rotate(at, at + 1, order_.begin() + static_cast<ptrdiff_t>(used_--));
}

void WalkTable::touch(Walk& walk, uint64_t now) {
  walk.used_at = now;
  if (order_[0] == number(walk)) return;
  const auto at = std::find(order_.begin(), order_.end(), number(walk));
  std::rotate(order_.begin(), at, at + 1);
}

void WalkTable::advance(Walk& walk, uint32_t distance, uint64_t now) {
  for (uint32_t i = 1; i <= distance; ++i) {
    erase(walk.ring_[walk.ring_first_], number(walk));
    walk.ring_first_ = static_cast<uint8_t>((walk.ring_first_ + 1) % Walk::kForeseen);
    --walk.ring_size_;
    walk.at.next(block_count_);
    if (i < distance) pass_over(walk.at.position(), walk, now);
  }
  if (walk.ahead > distance) {
    walk.ahead -= distance;
  } else {
    walk.ahead = 0;
    walk.front = walk.at;
  }
  foresee(walk);
}

void WalkTable::restructure(Walk& walk) {
  forget(walk);
  walk.front = walk.look_ = walk.at;
  walk.ahead = 0;
  foresee(walk);
}

void WalkTable::leap(Walk& walk, uint64_t elements) {
  const uint64_t moved = walk.at.skip_in_run(elements, block_count_);
  const uint64_t ahead = walk.ahead > moved ? walk.ahead - moved : 0;
  const Odometer front = walk.front;
  restructure(walk);
  if (ahead == 0) return;
  walk.front = front;
  walk.ahead = ahead;
}

void WalkTable::foresee(Walk& walk) {
  for (const uint32_t most = earned(walk); walk.ring_size_ < most;) {
    if (!walk.look_.next(block_count_)) return;
    walk.ring_[(walk.ring_first_ + walk.ring_size_) % Walk::kForeseen] = walk.look_.position();
    ++walk.ring_size_;
    insert(walk.look_.position(), number(walk));
  }
}

void WalkTable::forget(Walk& walk) {
  for (; walk.ring_size_ > 0; --walk.ring_size_) {
    erase(walk.ring_[walk.ring_first_], number(walk));
    walk.ring_first_ = static_cast<uint8_t>((walk.ring_first_ + 1) % Walk::kForeseen);
  }
}

void WalkTable::pass_over(int64_t block, const Walk& walk, uint64_t now) {
  passed_[mix(static_cast<uint64_t>(block)) % kPassed] = {block, walk.group, now};
}

Walk* WalkTable::take_passed(int64_t block, uint64_t now) {
  Passed& passed = passed_[mix(static_cast<uint64_t>(block)) % kPassed];
  if (passed.block != block || now - passed.time > kPassedFor) return nullptr;
  passed.block = -1;
  return find_group(passed.group);
}

void WalkTable::insert(int64_t block, size_t walk) {
  size_t i = home(block);
  while (slots_[i].walk != 0) i = (i + 1) % kSlots;
  slots_[i] = {block, static_cast<uint8_t>(walk + 1)};
}

// Linear probing: what follows moves up, unless it would pass its home.
void WalkTable::erase(int64_t block, size_t walk) {
  size_t hole = home(block);
  while (slots_[hole].block != block || slots_[hole].walk != walk + 1) hole = (hole + 1) % kSlots;
  for (size_t i = (hole + 1) % kSlots; slots_[i].walk != 0; i = (i + 1) % kSlots) {
    const size_t from_home = (i + kSlots - home(slots_[i].block)) % kSlots;
    if (from_home < (i + kSlots - hole) % kSlots) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole].walk = 0;
}

}  // namespace neurofs
