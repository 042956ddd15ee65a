#include "core/engine/epoch_schedule.h"

#include <algorithm>

namespace neurofs {
namespace {

constexpr Index kSlice = 256;         // positions that are planned at once
constexpr size_t kMostPieces = 4096;  // of what was read beyond the head
// Positions of a unit that wants next to nothing: all its blocks are here.
constexpr Index kLongestUnit = Index{1} << 20;

}  // namespace

EpochSchedule::EpochSchedule(const EpochSource& source, const Limits& limits, Index head)
    : source_(source), limits_(limits), head_(head), horizon_(head), foremost_(head) {}

template <typename F>
void EpochSchedule::for_each_unread(Index first, Index last, const F& f) const {
  auto it = read_.upper_bound(first);
  if (it != read_.begin() && std::prev(it)->second > first) --it;
  for (; first < last && it != read_.end() && it->first < last; ++it) {
    if (it->first > first) f(first, it->first);
    first = std::max(first, it->second);
  }
  if (first < last) f(first, last);
}

void EpochSchedule::read(Index first, Index last, std::vector<uint64_t>* gone) {
  first = std::max(first, head_);
  last = std::min(last, source_.size());
  if (first >= last) return;
  foremost_ = std::max(foremost_, last);
  std::vector<std::pair<Index, Index>> fresh;
  for_each_unread(first, last, [&](Index a, Index b) { fresh.emplace_back(a, b); });
  for (const auto& [a, b] : fresh) {
    consumed_ += static_cast<uint64_t>(b - a);
    consume(a, b, gone);
    read_[a] = b;
  }
  const Index least = read_.size() > kMostPieces ? read_.begin()->first : head_;
  const Index passed = std::max(foremost_ - limits_.tolerance, least);
  if (passed > head_) {  // what was left out is not waited for
    fresh.clear();
    for_each_unread(head_, passed, [&](Index a, Index b) { fresh.emplace_back(a, b); });
    for (const auto& [a, b] : fresh) consume(a, b, gone);
    head_ = passed;
  }
  while (!read_.empty() && read_.begin()->first <= head_) {
    head_ = std::max(head_, read_.begin()->second);
    read_.erase(read_.begin());
  }
  if (head_ <= horizon_) return;
  horizon_ = head_;
  renew_retained(gone);
}

void EpochSchedule::consume(Index first, Index last, std::vector<uint64_t>* gone) {
  last = std::min(last, horizon_);
  if (first >= last) return;
  scratch_.clear();
  source_.add_blocks(first, last, &scratch_);
  for (const uint64_t block : scratch_) {
    const auto it = blocks_.find(block);
    if (it == blocks_.end() || it->second.uses == 0) continue;
    if (--it->second.uses > 0) continue;
    --used_;
    if (it->second.state == State::kWanted) {  // the reader has fetched it by itself
      --wanted_;
      blocks_.erase(it);
    } else if (it->second.state == State::kHeld && retire(block, &it->second)) {
      gone->push_back(block);
      blocks_.erase(it);
    }
  }
}

bool EpochSchedule::retire(uint64_t block, Block* of) {
  of->next = source_.next_use(block, horizon_);
  if (of->next == EpochSource::kNever) return true;
  retained_.emplace(of->next, block);
  return false;
}

void EpochSchedule::plan_slice(Index first, Index last) {
  scratch_.clear();
  for_each_unread(first, last, [&](Index a, Index b) { source_.add_blocks(a, b, &scratch_); });
  for (const uint64_t block : scratch_) {
    const auto [it, is_new] = blocks_.try_emplace(block);
    Block& of = it->second;
    if (is_new) {
      ++wanted_;
      unit_.push_back(block);
    }
    if (of.uses++ > 0) continue;
    ++used_;
    if (of.state == State::kHeld) retained_.erase({of.next, block});
  }
}

bool EpochSchedule::plan_unit(std::vector<uint64_t>* gone) {
  if (!unit_is_open_) {
    unit_.clear();
    unit_at_ = 0;
    unit_begin_ = horizon_;
  }
  const Index begin = horizon_;
  unit_is_open_ = false;
  const uint64_t most = std::max(limits_.held - limits_.held / 8, limits_.unit);
  const uint64_t lead = use_groups_ ? UINT64_MAX : limits_.lead;
  while (horizon_ < source_.size() && horizon_ - unit_begin_ < kLongestUnit && used_ < lead) {
    if (horizon_ - begin >= kMostAtOnce) {
      unit_is_open_ = true;
      break;
    }
    const Index group = use_groups_ ? source_.group_end(horizon_) : EpochSource::kNever;
    const Index slice = std::clamp<Index>(static_cast<Index>(limits_.unit / 8), 1, kSlice);
    const Index end = std::min({horizon_ + slice, group, source_.size()});
    plan_slice(horizon_, end);
    horizon_ = end;
    if (unit_.size() >= (group == EpochSource::kNever || end == group ? limits_.unit : most)) break;
  }
  if (!unit_is_open_) std::sort(unit_.begin(), unit_.end());
  renew_retained(gone);
  return !unit_is_open_;
}

void EpochSchedule::renew_retained(std::vector<uint64_t>* gone) {
  while (!retained_.empty() && retained_.begin()->first < horizon_) {
    const uint64_t block = retained_.begin()->second;
    retained_.erase(retained_.begin());
    if (!retire(block, &blocks_[block])) continue;
    gone->push_back(block);
    blocks_.erase(block);
  }
}

bool EpochSchedule::make_room(std::vector<uint64_t>* gone) {
  while (held() >= limits_.held) {
    if (retained_.empty()) return false;
    const auto farthest = std::prev(retained_.end());
    gone->push_back(farthest->second);
    blocks_.erase(farthest->second);
    retained_.erase(farthest);
  }
  return true;
}

// What is retained can go. Room is waited for, so that batches do not become as small as reads are.
bool EpochSchedule::has_room_for(uint64_t blocks) const {
  return held() - retained_.size() + blocks <= std::max(limits_.held, blocks);
}

bool EpochSchedule::next_fetch(size_t most, std::vector<uint64_t>* wanted,
                               std::vector<uint64_t>* gone) {
  while (wanted->size() < most) {
    if (unit_is_open_ || unit_at_ == unit_.size()) {
      // A batch does not cross units, which would put it out of order.
      const bool can_plan = used_ < limits_.lead && horizon_ < source_.size();
      if (!unit_is_open_ && (!wanted->empty() || !can_plan)) return false;
      if (!plan_unit(gone)) return true;
      if (unit_.empty()) return false;
    }
    if (wanted->empty() && !has_room_for(std::min<uint64_t>(most, wanted_))) return false;
    const uint64_t block = unit_[unit_at_];
    const auto it = blocks_.find(block);
    if (it == blocks_.end() || it->second.state != State::kWanted) {
      ++unit_at_;  // it has been read
      continue;
    }
    if (!make_room(gone)) return false;
    it->second.state = State::kFetching;
    --wanted_;
    ++unit_at_;
    wanted->push_back(block);
  }
  return false;
}

bool EpochSchedule::fetched(uint64_t block, Fetch how) {
  const auto it = blocks_.find(block);
  if (it == blocks_.end()) return false;
  Block& of = it->second;
  if (how == Fetch::kPutOff && of.uses > 0 && !unit_is_open_) {
    const auto at = std::lower_bound(unit_.begin(), unit_.end(), block);
    if (at != unit_.end() && *at == block) {
      of.state = State::kWanted;
      ++wanted_;
      unit_at_ = std::min(unit_at_, static_cast<size_t>(at - unit_.begin()));
      return false;
    }
  }
  if (how != Fetch::kHere || (of.uses == 0 && retire(block, &of))) {
    if (of.uses > 0) --used_;
    blocks_.erase(it);
    return false;
  }
  of.state = State::kHeld;
  return true;
}

}  // namespace neurofs
