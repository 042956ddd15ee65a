// follow(x):
//   a walk foresaw x: it goes on
//   x was passed over lately: it only came late
//   else the reader's last walk, then other walks of the reader that stand at the end of a run, are
//     asked whether x explains how they go on
//   learn from how the read ended: late or missed, go deeper
//   propose positions until the walk is `depth` ahead

#include "core/prefetch/follower.h"

#include <algorithm>

namespace neurofs {
namespace {

constexpr uint64_t kOvertakingLasts = 256;  // reads
constexpr uint32_t kOvertaking = 3;         // elements that reads overtake each other by
constexpr size_t kAsked = 16;               // walks asked whether they explain a read
constexpr uint64_t kMostAhead = 1 << 16;    // blocks of one walk, whatever the limits allow
constexpr uint32_t kProof = 2;              // reads that prove a new level

// Of the rest, the blocks that were read lately take as much again until they are the oldest.
uint64_t share_of_cache(const PredictorLimits& limits) {
  if (limits.cache_blocks == 0) return limits.max_ahead_blocks;
  return limits.cache_blocks / 5 * 2 + limits.cache_blocks % 5 * 2 / 5;
}

}  // namespace

Follower::Follower(const PredictorLimits& limits)
    : grid_(limits.grid, limits.block_count),
      most_ahead_(std::min(limits.max_ahead_blocks, kMostAhead)),
      share_(share_of_cache(limits)),
      walks_(grid_.block_count()) {}

bool Follower::follow(const BlockRead& read, Reader& reader, std::vector<Proposal>* out) {
  const WalkTable::Match match = walks_.find(read.first, read.count, reader.stream, read.now);
  Walk* walk = match.walk;
  if (walk != nullptr) {
    // Only what was proposed can have come late.
    const bool proposed = match.distance <= walk->ahead;
    walks_.advance(*walk, match.distance, read.now);
    learn(*walk, proposed, read);
    credit(*walk, reader);
  } else {
    if (straggles(read, reader)) return true;
    walk = find_dense(read, reader);
    if (walk == nullptr) walk = explained(read, reader);
    if (walk == nullptr) return false;
  }
  went_on(*walk, read, reader, out);
  return true;
}

void Follower::learn(Walk& walk, bool proposed, const BlockRead& read) {
  // Where the reader had to fetch some itself, the rest of what was proposed may be in vain.
  if (proposed && read.outcome != AccessOutcome::kMiss) {
    walk.good += read.count;
    judge(walk, read.count, true);
  }
  if (proposed && read.outcome == AccessOutcome::kLate && read.now > walk.steady_until) {
    deepen(walk);
    walk.steady_until = read.now + std::max<uint64_t>(walk.depth / 4, 1);
  }
  if (read.outcome == AccessOutcome::kMiss && walk.seen > 3) {
    deepen(walk);
  } else if (walk.good > 0) {
    walk.depth = std::max<uint64_t>(walk.depth, 4);
  }
}

// What the walk was begun for, or grew by, was right.
void Follower::credit(Walk& walk, Reader& reader) {
  if (walk.unproven > 0 && --walk.unproven == 0) throttle_.level_went_on();
  if (walk.seen == 3) throttle_.stride_went_on();
  if (!walk.guessed) return;
  if (walk.nested()) {
    reader.shape_pays = std::min(reader.shape_pays + 0.125F, 1.0F);
  } else if (reader.lone) {
    throttle_.lone_read(true);
    reader.lone = false;
  }
}

// A read of several blocks that lies further on in a sequence than is foreseen.
Walk* Follower::find_dense(const BlockRead& read, const Reader& reader) {
  if (read.count == 1) return nullptr;
  for (size_t i = 0; i < walks_.size(); ++i) {
    Walk& walk = walks_.latest(i);
    if (walk.stream != reader.stream || !walk.dense() || !walk.flat()) continue;
    const int64_t to = read.first - walk.at.position();
    if (to < 1 || static_cast<uint64_t>(to) > std::max(walk.ahead, 4 * read.count)) continue;
    walks_.leap(walk, static_cast<uint64_t>(to));
    return &walk;
  }
  return nullptr;
}

// A read that others have overtaken.
bool Follower::straggles(const BlockRead& read, Reader& reader) {
  Walk* walk = walks_.take_passed(read.first, read.now);
  if (walk == nullptr) {
    walk = walks_.find_group(reader.walk);
    if (walk == nullptr) return false;
    if (walk->tail == read.first && read.now <= walk->tail_until) {
      // The row before was longer than it seemed when the next one began.
      walk->tail += walk->at.level(0).step;
      ++walk->at.level(0).extent;
      walks_.restructure(*walk);
    } else {
      const int64_t behind = walk->at.position() - read.first;
      if (!walk->dense() || !walk->flat() || read.count == 1 || behind < 0 ||
          static_cast<uint64_t>(behind) > 4 * read.count)
        return false;
    }
  }
  if (walk->stream != reader.stream) return false;
  walks_.touch(*walk, read.now);
  reader.walk = walk->group;
  reader.overtaken_at = read.now;
  return true;
}

Walk* Follower::explained(const BlockRead& read, Reader& reader) {
  Walk* last = walks_.find_group(reader.walk);
  if (last != nullptr && try_explain(read, reader, *last)) return last;
  for (size_t i = 0; i < std::min(walks_.size(), kAsked); ++i) {
    Walk& walk = walks_.latest(i);
    if (&walk == last || walk.stream != reader.stream || walk.guessed) continue;
    const Odometer::Level& run = walk.at.level(0);
    const bool at_end = run.open() ? run.index >= 3 : run.index == run.extent;
    if (at_end && try_explain(read, reader, walk)) return &walk;
  }
  return nullptr;
}

bool Follower::try_explain(const BlockRead& read, const Reader& reader, Walk& walk) {
  if (!walk.takes(read.count)) return false;
  if (!walk.nested() && walk.confirmed == 0) return false;  // it may be none
  const bool overtaking =
      reader.overtaken_at != 0 && read.now - reader.overtaken_at < kOvertakingLasts;
  const uint32_t jitter = overtaking ? kOvertaking : 0;
  const int64_t tail = walk.at.position() + walk.at.step();
  const Explained explained = explain(grid_, read.first, jitter, &walk.at);
  if (!explained.found) return false;
  if (explained.new_level) {
    walk.unproven = kProof;
    walk.depth = std::max<uint64_t>(walk.depth, 4);
    throttle_.level_begun();
  }
  if (!overtaking) walks_.regroup(walk);
  if (overtaking) {
    walk.tail = tail;
    walk.tail_until = read.now + kOvertaking + 1;
    for (uint32_t i = 1; i <= explained.early; ++i)
      walks_.pass_over(read.first - walk.at.step() * i, walk, read.now);
  }
  walks_.restructure(walk);
  return true;
}

void Follower::went_on(Walk& walk, const BlockRead& read, Reader& reader,
                       std::vector<Proposal>* out) {
  if (walk.dense() && read.count > 1) {
    walks_.leap(walk, read.count - 1);
    walk.depth = std::max(walk.depth, std::min(2 * read.count, most_ahead_));
  }
  if (walk.seen < UINT32_MAX) ++walk.seen;
  if (walk.confirmed < UINT32_MAX) ++walk.confirmed;
  walk.guessed = false;
  walks_.touch(walk, read.now);
  reader.walk = walk.group;
  walks_.foresee(walk);
  propose(walk, read.now, out);
  if (walk.nested() && walk.at.complete()) remember(walk, reader);
}

}  // namespace neurofs
