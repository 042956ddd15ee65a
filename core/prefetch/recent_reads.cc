// find(x):
//   for each recent read y, the latest first, d = x - y:
//     an earlier read at y - d makes a stride; one with a small or natural d is preferred
//   else the read just before x, if it touches x, makes a pair

#include "core/prefetch/recent_reads.h"

#include <algorithm>
#include <cstdlib>

namespace neurofs {
namespace {

constexpr int64_t kFarthest = 8;  // a step is at most this part of the field

}  // namespace

size_t RecentReads::head(int64_t block) {
  return static_cast<uint64_t>(block) * 0x9e3779b97f4a7c15ULL >> 56;
}

RecentReads::Found RecentReads::find(int64_t block, uint64_t count, const GridSteps& grid) const {
  Found best;
  const int64_t farthest = std::max<int64_t>(grid.block_count() / kFarthest, 1);
  const uint64_t most = std::min<uint64_t>(time_, kReads);
  for (uint64_t back = 1; back <= most; ++back) {
    const size_t place = (time_ - back) % kReads;
    const int64_t step = block - blocks_[place];
    if (std::abs(step) > farthest) continue;
    if (step == 0) return {best.evidence, best.step, true};
    const Read& y = reads_[place];
    if ((count > 1 || y.count > 1) && step == static_cast<int64_t>(y.count))
      return {Evidence::kContinues, step, false};
    if (y.count != count) continue;
    if (has_before(blocks_[place] - step, count, y.time)) {
      const bool likely = std::abs(step) <= 2 || grid.is_stride(step);
      if (likely) return {Evidence::kLikelyStride, step, false};
      if (best.evidence != Evidence::kStride) best = {Evidence::kStride, step, false};
    } else if (back == 1 && std::abs(step) == 1 && count == 1) {
      best = {Evidence::kPair, step, false};
    }
  }
  return best;
}

void RecentReads::add(int64_t block, uint64_t count) {
  const auto place = static_cast<uint8_t>(time_ % kReads);
  if (time_ >= kReads) unlink(place);
  uint8_t& first = heads_[head(block)];
  blocks_[place] = block;
  reads_[place] = {count, time_++, first};
  first = place;
}

bool RecentReads::has_before(int64_t block, uint64_t count, uint64_t time) const {
  if (block < 0) return false;
  for (uint8_t at = heads_[head(block)]; at != kEnd; at = reads_[at].next) {
    if (blocks_[at] == block && reads_[at].count == count && reads_[at].time < time) return true;
  }
  return false;
}

void RecentReads::unlink(uint8_t place) {
  uint8_t* link = &heads_[head(blocks_[place])];
  while (*link != place) link = &reads_[*link].next;
  *link = reads_[place].next;
}

}  // namespace neurofs
