// The cost model:
//
//   read x at time now:
//     start the queued proposals whose turn came, put what arrived into the cache
//     x in the cache:   touch it
//     x on its way:     wait until it arrives
//     else:             take x out of the queue, start its transfer as soon as the channel is free, wait
//     tell the predictor, queue what it proposes (unless it is somewhere already)
//     now += the wait, then + 1

#include "core/engine/replay_model.h"

#include <algorithm>
#include <utility>

#include "core/cache/block_key.h"

namespace neurofs {

CostModel::CostModel(const ReplayTrace& trace, const ReplayOptions& options, EvictionPolicy& policy,
                     Predictor* predictor, std::vector<Told>* told)
    : trace_(trace),
      options_(options),
      interval_(1.0 / options.bandwidth),
      policy_(policy),
      predictor_(predictor),
      told_(told),
      blocks_of_(options.cache_blocks) {
  for (uint64_t entry = options.cache_blocks; entry-- > 0;)
    free_.push_back(static_cast<EntryId>(entry));
}

ReplayCounts CostModel::run() {
  for (const TraceRead& read : trace_.reads) {
    if (read.run.count > 0) this->read(read);
  }
  return counts_;
}

void CostModel::read(const TraceRead& read) {
  advance(now_);
  double wait = 0;
  AccessOutcome outcome = AccessOutcome::kHit;
  for (uint64_t i = 0; i < read.run.count; ++i)
    wait = std::max(wait, take(read.run.first + i, &outcome));
  if (predictor_ != nullptr) {
    const Access access{read.stream, read.run, outcome};
    proposals_.clear();
    predictor_->observe(access, &proposals_);
    if (told_ != nullptr) told_->push_back({access, false});
    for (const Proposal& p : proposals_) propose(p);
  }
  counts_.stall += wait;
  advance(now_ + wait);
  advance(now_ + 1);
}

double CostModel::take(uint64_t block, AccessOutcome* outcome) {
  ++counts_.blocks;
  const auto it = places_.find(block);
  if (it == places_.end() || it->second.where == Where::kQueued) {
    if (it != places_.end()) --queued_;
    ++counts_.misses;
    *outcome = AccessOutcome::kMiss;
    const double start = std::max(now_, free_at_);
    launch(block, start, {});
    return start + options_.latency - now_;
  }
  Place& place = it->second;
  const bool proposed = std::exchange(place.proposed, false);
  if (proposed) ++counts_.used;
  if (place.where == Where::kCached) {
    policy_.touch(place.entry);
    return 0;
  }
  if (proposed) {
    ++counts_.late;
    if (*outcome == AccessOutcome::kHit) *outcome = AccessOutcome::kLate;
  }
  return place.time - now_;
}

void CostModel::propose(const Proposal& proposal) {
  const uint64_t first = std::min(proposal.run.first, trace_.block_count);
  const uint64_t count = std::min(proposal.run.count, trace_.block_count - first);
  for (uint64_t i = 0; i < count && queued_ < options_.queue; ++i) {
    Place place;
    place.proposed = true;
    place.group = proposal.group;
    place.serial = ++serial_;
    if (!places_.emplace(first + i, place).second) continue;
    queue_.push_back({first + i, serial_, now_});
    ++queued_;
  }
}

void CostModel::launch(uint64_t block, double start, Place place) {
  free_at_ = start + interval_;
  place.where = Where::kFlying;
  place.time = start + options_.latency;
  places_[block] = place;
  flying_.push_back(block);
}

void CostModel::advance(double time) {
  while (!queue_.empty() && free_at_ <= time) {
    const Queued next = queue_.front();
    const auto it = places_.find(next.block);
    if (it == places_.end() || it->second.where != Where::kQueued ||
        it->second.serial != next.serial) {
      queue_.pop_front();  // a reader has fetched it itself
      continue;
    }
    const double begin = std::max(free_at_, next.since);
    if (begin > time) break;
    queue_.pop_front();
    start(next, begin);
  }
  complete(time);
  now_ = time;
}

void CostModel::start(const Queued& next, double start) {
  const Place place = places_.at(next.block);
  --queued_;
  if (!predictor_->wants(place.group)) {
    ++counts_.dropped;
    places_.erase(next.block);
    return;
  }
  ++counts_.started;
  complete(start);
  launch(next.block, start, place);
}

void CostModel::complete(double time) {
  while (!flying_.empty()) {
    Place& place = places_.at(flying_.front());
    if (place.time > time) return;
    if (free_.empty()) evict();
    place.where = Where::kCached;
    place.entry = free_.back();
    free_.pop_back();
    const uint64_t block = flying_.front();
    blocks_of_[place.entry] = block;
    policy_.insert(place.entry, hash_of(BlockKey{FieldId(0), block}), place.proposed);
    flying_.pop_front();
  }
}

void CostModel::evict() {
  const EntryId entry = policy_.victim();
  const uint64_t block = blocks_of_[entry];
  const auto it = places_.find(block);
  if (it->second.proposed) {
    predictor_->wasted(block);
    if (told_ != nullptr) told_->push_back({{0, {block, 1}, {}}, true});
  }
  places_.erase(it);
  free_.push_back(entry);
}

}  // namespace neurofs
