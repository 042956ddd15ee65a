// begin(x):
//   the reader's walks had a shape: guess that another begins at x
//   x and earlier reads make a stride or a pair: a walk, which proposes once it has proved itself
//   reads like x are mostly followed by the next block: guess a sequence

#include <algorithm>

#include "core/prefetch/follower.h"

namespace neurofs {
namespace {

constexpr float kSureAlone = 0.6F;  // that a read out of the blue is followed by the next block
constexpr uint32_t kShapeSure = 8;  // as often as a shape's return is counted

// Whether the walk stands where its shape may end: rows and planes done, all of it or so far.
bool may_have_ended(const Walk& walk) {
  if (!walk.nested() || !walk.at.level(0).ended()) return false;
  const Odometer::Level& top = walk.at.level(walk.at.levels() - 1);
  return (top.open() && top.index >= 2) || walk.at.complete();
}

}  // namespace

void Follower::begin(const BlockRead& read, Reader& reader, std::vector<Proposal>* out) {
  note_pair(read, reader);
  if (Walk* last = walks_.find_group(reader.walk); last != nullptr && may_have_ended(*last)) {
    if (!last->at.complete()) remember(*last, reader);  // else it was when it ended
    end(*last);
  }
  const bool guessed = begin_remembered(read, reader, out);
  const RecentReads::Found found = recent_.find(read.first, read.count, grid_);
  if (!found.repeated && found.evidence != RecentReads::Evidence::kNone) {
    begin_found(found, read, reader, out);
  } else if (!found.repeated && !guessed) {
    begin_alone(read, reader, out);
  }
  recent_.add(read.first, read.count);
}

void Follower::begin_found(const RecentReads::Found& found, const BlockRead& read, Reader& reader,
                           std::vector<Proposal>* out) {
  using Evidence = RecentReads::Evidence;
  Walk* walk = nullptr;
  if (found.evidence == Evidence::kPair) {
    walk = &make_walk(Odometer(read.first, found.step, 2), 1, read, reader);
    walk->seen = 2;
    if (throttle_.pair_rate() > kSureAlone) {
      walk->confirmed = 1;
      walk->depth = 4;
    }
  } else if (found.evidence == Evidence::kContinues) {
    const int64_t last_block = read.first + static_cast<int64_t>(read.count) - 1;
    // The run began where the earlier of the two did: there its next row is looked for.
    const uint64_t blocks = read.count + static_cast<uint64_t>(found.step);
    walk = &make_walk(Odometer(last_block, 1, blocks), 1, read, reader);
    walk->seen = 3;
    walk->confirmed = 1;
    walk->depth = 2 * read.count;
  } else {
    throttle_.stride_begun();
    const auto length = static_cast<uint32_t>(std::min<uint64_t>(read.count, UINT32_MAX));
    walk = &make_walk(Odometer(read.first, found.step, 3), length, read, reader);
    walk->seen = 3;
    walk->confirmed = found.evidence == Evidence::kLikelyStride ? 1 : 0;
  }
  walks_.foresee(*walk);
  propose(*walk, read.now, out);
}

// How often is a read out of the blue followed by the block after it?
void Follower::note_pair(const BlockRead& read, Reader& reader) {
  const bool follows = reader.unforeseen >= 0 && read.first - reader.unforeseen == 1;
  if (reader.lone) throttle_.lone_read(follows);
  reader.lone = !follows;
  reader.unforeseen = read.first;
}

void Follower::remember(const Walk& walk, Reader& reader) {
  const Shape shape(walk.at);
  if (shape == reader.shape && walk.length == reader.shape_length) {
    reader.shape_seen = std::min(reader.shape_seen + 1, kShapeSure);
  } else if (reader.shape_seen > 1) {
    --reader.shape_seen;
  } else {
    reader.shape = shape;
    reader.shape_length = walk.length;
    reader.shape_seen = 1;
  }
}

bool Follower::begin_remembered(const BlockRead& read, Reader& reader, std::vector<Proposal>* out) {
  if (reader.shape_seen < 2) return false;
  Walk& walk = make_walk(reader.shape.begin_at(read.first), reader.shape_length, read, reader);
  if (!walk.takes(read.count)) {
    end(walk);
    return false;
  }
  walk.seen = 1;
  walk.guessed = true;
  walk.depth = reader.shape_seen < 4 ? 4 : 16;
  if (walk.dense()) walks_.leap(walk, read.count - 1);
  walks_.foresee(walk);
  reader.shape_pays *= 0.875F;
  if (reader.shape_seen >= 3 && reader.shape_pays > 0.35F) propose(walk, read.now, out);
  return true;
}

// Where most reads out of the blue are followed by the next block, that is worth fetching at once.
void Follower::begin_alone(const BlockRead& read, Reader& reader, std::vector<Proposal>* out) {
  if (read.count != 1 || throttle_.pair_rate() < kSureAlone) return;
  Walk& walk = make_walk(Odometer(read.first, 1, 1), 1, read, reader);
  walk.seen = walk.confirmed = 1;
  walk.guessed = true;
  walk.depth = 4;
  walks_.foresee(walk);
  propose(walk, read.now, out);
}

Walk& Follower::make_walk(const Odometer& at, uint32_t length, const BlockRead& read,
                          Reader& reader) {
  if (walks_.full()) end(walks_.stalest());
  Walk& walk = walks_.create(reader.stream, at, length, read.now);
  reader.walk = walk.group;
  return walk;
}

void Follower::end(Walk& walk) {
  if (!walk.nested() && !walk.guessed && walk.run_index() >= 2)
    runs_.note(walk.stream, walk.at.level(0).step, walk.run_index());
  walks_.remove(walk);
}

}  // namespace neurofs
