// observe(x), after the reads a, b:
//   score the table's successor of (a, b), and its predecessor of (b, a), by x
//   while the table is right and x is not what it says: x is a stray, the order is expected to go on
//     after it; if it does, x was an intruder (and is remembered, should it belong there after all);
//     if not, one may have been left out, and all is learned
//   else learn (a, b) -> x, more sure when it was so before
//   follow the table from the end of the chain of blocks ahead, until it is `depth` long; a read outside
//     the chain begins a new one

#include "core/prefetch/association.h"

#include <algorithm>
#include <utility>

#include "core/prefetch/mix.h"

namespace neurofs {
namespace {

constexpr float kScoreShare = 1.0F / 16;
constexpr float kWorthShare = 1.0F / 32;
constexpr float kForgiven = 0.005F;   // with each read while silent, until it may try again
constexpr float kMostlyWrong = 0.3F;  // below this the whole order has changed
constexpr size_t kSpare = 8;  // the table is at least so many times what it holds, while it grows
constexpr size_t kOvertaking = 16;  // how far into the chain a read may be found

void move_towards(float* value, float target, float share) {
  *value += (target - *value) * share;
}

}  // namespace

void Association::observe(uint64_t stream, Trail* trail, int64_t block, std::vector<int64_t>* out) {
  if (!enabled()) worth_ += kForgiven;
  const Pair latest{trail->before, trail->last};
  if (trail->before >= 0) {
    if (size_ == 0) grow();
    const bool right = score(latest, block);
    if (trusted() && !right && is_stray(trail, block)) return;
    if (right && trail->stray >= 0) note_intruder(*trail, block);
    learn({trail->before, trail->last}, block);
  }
  *trail = {trail->last, block, -1};
  if (trail->before < 0) return;
  if (trusted()) {
    extend(stream, {trail->before, block}, out);
  } else {
    chain_size_ = 0;
  }
}

void Association::used(bool late) {
  move_towards(&worth_, 1, kWorthShare);
  if (late) depth_ = std::min(depth_ * 2, most_ahead_);
}

void Association::wasted() {
  move_towards(&worth_, 0, kWorthShare);
  depth_ = std::max<uint64_t>(depth_ / 2, 1);
}

void Association::grow() {
  const size_t larger = size_ == 0 ? kFirstLinks : std::min(size_ * kGrowth, kLinks);
  const LazyArray<Link> old = std::exchange(links_, LazyArray<Link>(larger));
  const size_t old_size = std::exchange(size_, larger);
  in_use_ = 0;
  for (size_t i = 0; i < old_size; ++i) {
    if (old[i].key != 0) find_or_make(old[i].key & ~uint64_t{3}) = old[i];
  }
}

uint64_t Association::key_of(Pair pair) {
  const uint64_t key = mix(static_cast<uint64_t>(pair.first) * 0x9e3779b97f4a7c15ULL ^
                           mix(static_cast<uint64_t>(pair.second)));
  return std::max<uint64_t>(key & ~uint64_t{3}, 4);
}

const Association::Link* Association::find(uint64_t key) const {
  const Link* way = ways_of(key);
  for (size_t i = 0; i < kWays; ++i) {
    if ((way[i].key & ~uint64_t{3}) == key) return &way[i];
  }
  return nullptr;
}

Association::Link& Association::find_or_make(uint64_t key) {
  if (const Link* link = find(key)) return *const_cast<Link*>(link);
  if (in_use_ > size_ / kSpare && size_ < kLinks) grow();
  Link* way = ways_of(key);
  Link* victim = nullptr;
  for (size_t i = 0; i < kWays; ++i) {
    Link& link = way[(i + turn_) % kWays];
    // An empty one is the least sure.
    if (victim == nullptr || (link.key == 0) > (victim->key == 0) ||
        ((link.key == 0) == (victim->key == 0) && link.sure() < victim->sure()))
      victim = &link;
  }
  ++turn_;
  if (victim->key == 0) ++in_use_;
  *victim = Link();
  victim->key = key;
  return *victim;
}

int64_t Association::after(Pair latest, bool backward) const {
  const Link* link = find(key_of(backward ? Pair{latest.second, latest.first} : latest));
  if (link == nullptr) return -1;
  return (backward ? link->before : link->next) - 1;
}

bool Association::score(Pair latest, int64_t block) {
  const bool right = after(latest, false) == block;
  const bool right_backward = after(latest, true) == block;
  move_towards(&forward_, right ? 1 : 0, kScoreShare);
  move_towards(&backward_, right_backward ? 1 : 0, kScoreShare);
  return backward_ > forward_ ? right_backward : right;
}

void Association::learn(Pair latest, int64_t block) {
  find_or_make(key_of({latest.second, block})).before = latest.first + 1;
  Link& link = find_or_make(key_of(latest));
  if (link.next == block + 1) {
    link.set_sure(std::min<uint8_t>(link.sure() + 1, kSurest));
    return;
  }
  const uint8_t doubt = forward_ > kMostlyWrong ? 1 : kSurest;
  link.set_sure(link.sure() > doubt ? static_cast<uint8_t>(link.sure() - doubt) : 0);
  if (link.sure() != 0) return;
  link.next = block + 1;
  link.set_sure(1);
}

// Decides about a read that the table did not foretell; leaves the trail where the order goes on.
bool Association::is_stray(Trail* trail, int64_t block) {
  const Pair latest{trail->before, trail->last};
  // It was an intruder here before: it belongs here.
  const Link* known = find(key_of({trail->last, block}));
  if (trail->stray < 0 && known != nullptr && known->before == trail->before + 1) {
    find_or_make(key_of(latest)).set_sure(0);
    return false;
  }
  if (trail->stray < 0) {
    trail->stray = block;
    return true;
  }
  // Twice in a row: one was left out, or is an intruder of the last time, or all of it is new.
  learn(latest, trail->stray);
  *trail = {trail->last, trail->stray, -1};
  return false;
}

// The order goes on with `block` as if the stray had not been. Should it come again, it is known.
void Association::note_intruder(const Trail& trail, int64_t block) {
  Link& through = find_or_make(key_of({trail.last, trail.stray}));
  through.before = trail.before + 1;
  through.next = block + 1;
  const int64_t next = after({trail.last, block}, false);
  Link& beyond = find_or_make(key_of({trail.stray, block}));
  beyond.before = trail.last + 1;
  if (next >= 0) beyond.next = next + 1;
}

void Association::extend(uint64_t stream, Pair latest, std::vector<int64_t>* out) {
  size_t at = 0;
  const size_t most = chain_stream_ == stream ? std::min(chain_size_, kOvertaking) : 0;
  while (at < most && chain_[(chain_first_ + at) % kMostChain] != latest.second) ++at;
  if (at < most) {
    chain_first_ = (chain_first_ + at + 1) % kMostChain;
    chain_size_ -= at + 1;
  } else {
    chain_size_ = 0;
  }
  if (chain_size_ == 0) tip_ = latest;
  chain_stream_ = stream;
  const bool backward = backward_ > forward_;
  while (chain_size_ < std::min(depth_, most_ahead_)) {
    const int64_t next = after(tip_, backward);
    if (next < 0 || next >= block_count_) return;
    tip_ = {tip_.second, next};
    chain_[(chain_first_ + chain_size_++) % kMostChain] = next;
    out->push_back(next);
  }
}

}  // namespace neurofs
