// observe(previous, x):
//   score the table's successor (and predecessor) of `previous` by x
//   while the table is right, a block that it does not know is an intruder: the order goes on after it
//   unless the order runs backward: learn previous -> x, more sure when it was so before
//   when the table is right more often than not: follow it from the end of the chain of blocks ahead,
//     until the chain is `depth` long; a read outside the chain begins a new one

#include "core/prefetch/association.h"

#include <algorithm>

#include "core/prefetch/mix.h"

namespace neurofs {
namespace {

constexpr float kScoreShare = 1.0F / 16;
constexpr float kWorthShare = 1.0F / 32;
constexpr float kForgiven = 0.005F;   // with each read while silent, until it may try again
constexpr float kMostlyWrong = 0.3F;  // below this the whole order has changed
constexpr size_t kOvertaking = 16;    // how far into the chain a read may be found

void move_towards(float* value, float target, float share) {
  *value += (target - *value) * share;
}

}  // namespace

Association::Association(int64_t block_count) : block_count_(block_count) {}

bool Association::observe(uint64_t stream, int64_t previous, int64_t block,
                          std::vector<int64_t>* out) {
  if (!made_) {
    links_ = LazyArray<Link>(kLinks);
    made_ = true;
  }
  if (!enabled()) worth_ += kForgiven;
  if (previous >= 0 && previous != block) {
    score(previous, block);
    if (trusted() && is_intruder(previous, block)) return false;
    learn(previous, block);
  }
  if (trusted()) {
    extend(stream, block, out);
  } else {
    chain_size_ = 0;
  }
  return true;
}

void Association::used(bool late) {
  move_towards(&worth_, 1, kWorthShare);
  if (late) depth_ = std::min<uint64_t>(depth_ * 2, kMostChain);
}

void Association::wasted() {
  move_towards(&worth_, 0, kWorthShare);
  depth_ = std::max<uint64_t>(depth_ / 2, 1);
}

Association::Link* Association::bucket(int64_t block) const {
  return &links_[mix(static_cast<uint64_t>(block)) % (kLinks / kWays) * kWays];
}

const Association::Link* Association::find(int64_t block) const {
  const Link* way = bucket(block);
  for (size_t i = 0; i < kWays; ++i) {
    if (way[i].block() == block) return &way[i];
  }
  return nullptr;
}

Association::Link& Association::find_or_make(int64_t block) {
  Link* way = bucket(block);
  Link* victim = nullptr;
  for (size_t i = 0; i < kWays; ++i) {
    Link& link = way[(i + turn_) % kWays];
    if (link.block() == block) return link;
    // An empty one is the least sure.
    if (victim == nullptr || (link.key == 0) > (victim->key == 0) ||
        ((link.key == 0) == (victim->key == 0) && link.sure() < victim->sure()))
      victim = &link;
  }
  ++turn_;
  *victim = Link();
  victim->set_block(block);
  return *victim;
}

void Association::score(int64_t previous, int64_t block) {
  const Link* link = find(previous);
  const bool right = link != nullptr && link->next == block + 1;
  move_towards(&forward_, right ? 1 : 0, kScoreShare);
  move_towards(&backward_, expected_back_ == block ? 1 : 0, kScoreShare);
}

void Association::learn(int64_t previous, int64_t block) {
  const Link* here = find(block);
  expected_back_ = here == nullptr ? -1 : here->before - 1;
  // Known already, from the other end: learning would destroy what is being used.
  if (backward_ > kTrusted && backward_ > forward_) return;
  Link& link = find_or_make(previous);
  if (link.next == block + 1) {
    link.set_sure(std::min<uint8_t>(link.sure() + 1, kSurest));
  } else {
    const uint8_t doubt = forward_ > kMostlyWrong ? 1 : kSurest;
    link.set_sure(link.sure() > doubt ? static_cast<uint8_t>(link.sure() - doubt) : 0);
    if (link.sure() == 0) {
      link.next = block + 1;
      link.set_sure(1);
    }
  }
  if (link.next == block + 1) find_or_make(block).before = previous + 1;
}

// Not known yet: remembered, but the order around it stays. If it comes again at the same place, it
// belongs there.
bool Association::is_intruder(int64_t previous, int64_t block) {
  const Link* link = find(block);
  if (link != nullptr && link->next != 0) return false;
  const bool again = link != nullptr && link->before == previous + 1;
  if (again) {
    Link& place = find_or_make(previous);
    place.next = 0;
    place.set_sure(0);
  } else {
    find_or_make(block).before = previous + 1;
  }
  return !again;
}

int64_t Association::follow(int64_t block) const {
  const Link* link = find(block);
  if (link == nullptr) return -1;
  return (backward_ > forward_ ? link->before : link->next) - 1;
}

void Association::extend(uint64_t stream, int64_t block, std::vector<int64_t>* out) {
  size_t at = 0;
  const size_t most = chain_stream_ == stream ? std::min(chain_size_, kOvertaking) : 0;
  while (at < most && chain_[(chain_first_ + at) % kMostChain] != block) ++at;
  if (at < most) {
    chain_first_ = (chain_first_ + at + 1) % kMostChain;
    chain_size_ -= at + 1;
  } else {
    chain_size_ = 0;
  }
  chain_stream_ = stream;
  int64_t tip = chain_size_ == 0 ? block : chain_[(chain_first_ + chain_size_ - 1) % kMostChain];
  while (chain_size_ < std::min<uint64_t>(depth_, kMostChain)) {
    tip = follow(tip);
    if (tip < 0 || tip >= block_count_) return;
    chain_[(chain_first_ + chain_size_++) % kMostChain] = tip;
    out->push_back(tip);
  }
}

}  // namespace neurofs
