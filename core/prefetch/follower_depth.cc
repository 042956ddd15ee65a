// How far a walk's proposals run ahead of it:
//
//   a proposal came late, or the walk was read where nothing had been proposed: twice as far
//   one was evicted before its turn, or too many for nothing: half as far, and a rest
//   never past the walk's share of the cache, the length its run is likely to have, or, at first,
//     twice what the walk has proved

#include <algorithm>
#include <cstdlib>

#include "core/prefetch/follower.h"

namespace neurofs {
namespace {

constexpr uint64_t kRestAfterWaste = 64;  // reads
constexpr uint64_t kLongestRest = 1 << 20;
constexpr float kWorthAfterRest = 0.5F;
constexpr uint64_t kActiveFor = 256;      // reads since a walk's last
constexpr uint64_t kCountEvery = 64;      // reads
constexpr float kSureEnough = 0.62F;      // that a run goes on, to fetch for it
constexpr uint64_t kMostElements = 1024;  // of a walk whose elements are proposals of their own
constexpr uint64_t kBatched = 16;         // from this depth on, proposals come in quarters of it

bool is_near(int64_t step) {
  return std::abs(step) <= 2;
}

}  // namespace

void Follower::deepen(Walk& walk) const {
  walk.depth = std::min(std::max<uint64_t>(most_ahead_ / walk.length, 1), walk.depth * 2);
}

void Follower::judge(Walk& walk, uint64_t blocks, bool used) {
  throttle_.judge(used, blocks);
  Throttle::note(&walk.worth, used, blocks);
}

// Most of what it proposed was in vain: silent, each time for twice as long.
void Follower::fall_silent(Walk& walk, uint64_t now) {
  walk.silent_until = now + walk.rest;
  walk.rest = std::min(walk.rest * 2, kLongestRest);
  walk.worth = kWorthAfterRest;
  walk.depth = 1;
  walk.ahead = 0;
  walk.front = walk.at;
}

void Follower::wasted(int64_t block, uint32_t group, uint64_t now) {
  Walk* walk = walks_.find_group(group);
  if (walk == nullptr) return throttle_.judge(false, 1);
  // Of a long element a few blocks stand for all.
  const uint64_t blocks = std::max<uint64_t>(walk->length / kBatched, 1);
  if (now < walk->silent_until) return throttle_.judge(false, blocks);
  judge(*walk, blocks, false);
  walk->bad += blocks;
  if (walk->worth < Throttle::kWorth) return fall_silent(*walk, now);
  const int64_t step = walk->at.step();
  const bool too_early = !walk->nested() && (block - walk->at.position() > 0) == (step > 0);
  if (!too_early && !(walk->nested() && walk->bad > 2 + walk->good / 4) &&
      walk->bad <= 4 + walk->good)
    return;
  walk->depth = std::max<uint64_t>(walk->depth / 2, 1);
  walk->good = walk->bad = 0;
  walk->steady_until = now + kRestAfterWaste;
  // It will be needed: proposed again when its turn comes nearer.
  walk->ahead = 0;
  walk->front = walk->at;
}

bool Follower::wants(uint32_t group) const {
  return walks_.find_group(group) != nullptr;
}

bool Follower::may_propose(const Walk& walk, uint64_t now) const {
  if (now < walk.silent_until || !throttle_.believes(walk.confirmed)) return false;
  if (walk.nested())
    return walk.guessed || (walk.seen >= 4 && (walk.unproven == 0 || throttle_.levels_pay()));
  const bool likely =
      walk.guessed || is_near(walk.at.step()) || (grid_.is_stride(walk.at.step()) && walk.seen > 3);
  if (walk.confirmed < (likely ? 1U : 2U)) return false;
  return throttle_.strides_pay() || walk.seen >= 5 || walk.guessed;
}

// How many elements its run is likely to go on for.
uint64_t Follower::reach(const Walk& walk) const {
  const int64_t step = walk.at.level(0).step;
  if (walk.run_index() > 1) return runs_.reach(walk.stream, step, walk.run_index(), kSureEnough);
  // Only runs of two and more are on record.
  const uint64_t further = runs_.reach(walk.stream, step, 2, kSureEnough / throttle_.pair_rate());
  return further == RunLengths::kUnknown ? 1 : further + 1;
}

// Walks that were read lately share the cache.
void Follower::count_active(uint64_t now) {
  if (now < counted_at_ + kCountEvery && counted_at_ != 0) return;
  counted_at_ = now;
  active_ = 0;
  for (size_t i = 0; i < walks_.size(); ++i) {
    const Walk& walk = walks_.latest(i);
    if (walk.used_at + kActiveFor <= now) break;
    if (walk.seen >= 4) ++active_;
  }
  active_ = std::max<uint64_t>(active_, 1);
}

uint64_t Follower::limit(const Walk& walk) const {
  uint64_t most = std::min(std::max<uint64_t>(most_ahead_ / walk.length, 1),
                           std::max<uint64_t>(share_ / active_ / walk.length, 1));
  if (!walk.dense()) most = std::min(most, kMostElements);
  if (walk.nested()) return std::min(walk.depth, most);
  const uint64_t proved = std::max<uint64_t>(walk.dense() ? walk.run_index() : walk.seen, 1);
  most = std::min({most, walk.depth, 2 * proved});
  return walk.flat() ? std::min(most, reach(walk)) : most;
}

void Follower::propose(Walk& walk, uint64_t now, std::vector<Proposal>* out) {
  if (!may_propose(walk, now)) return;
  count_active(now);
  const uint64_t most = limit(walk);
  if (walk.ahead >= most) return;
  if (most >= kBatched && walk.ahead > most - most / 4) return;
  for (; walk.ahead < most && walk.front.next(grid_.block_count()); ++walk.ahead) {
    const auto first = static_cast<uint64_t>(walk.front.position());
    const uint64_t left = static_cast<uint64_t>(grid_.block_count()) - first;
    // Of an element that is longer than all that may be ahead, its begin.
    const uint64_t count = std::min({uint64_t{walk.length}, std::max<uint64_t>(share(), 1), left});
    const uint64_t noted = std::min(count, kBatched);
    for (uint64_t i = 0; i < noted; ++i)
      outstanding_.add(static_cast<int64_t>(first + i * count / noted), walk.group);
    if (!out->empty() && out->back().group == walk.group &&
        out->back().run.first + out->back().run.count == first) {
      out->back().run.count += count;
    } else {
      out->push_back({{first, count}, walk.group});
    }
  }
}

}  // namespace neurofs
