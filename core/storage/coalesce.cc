#include "core/storage/coalesce.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/base/checked.h"

namespace neurofs {
namespace {

// Whether `next` can follow what `merged` has so far.
bool joins(const MergedRead& merged, const BlockRead& next, uint64_t max_gap, uint64_t max_bytes) {
  uint64_t end = 0;
  uint64_t next_end = 0;
  if (!checked_add(merged.range.offset, merged.range.length, &end)) return false;
  if (!checked_add(next.range.offset, next.range.length, &next_end)) return false;
  return merged.key == next.key && next.range.offset >= end && next.range.offset - end <= max_gap &&
         next_end - merged.range.offset <= max_bytes;
}

uint64_t gap_before(const MergedRead& merged, const BlockRead& next) {
  return next.range.offset - merged.range.end();
}

MergedRead merge(std::span<const BlockRead> reads, std::span<const size_t> run,
                 uint64_t widest_gap) {
  MergedRead merged;
  merged.key = reads[run.front()].key;
  merged.range = {reads[run.front()].range.offset, 0};
  merged.parts.assign(run.begin(), run.end());
  if (widest_gap > 0) merged.gap = make_aligned_buffer(widest_gap);
  for (const size_t index : run) {
    const BlockRead& read = reads[index];
    if (const uint64_t gap = gap_before(merged, read); gap > 0) {
      merged.dests.emplace_back(merged.gap.get(), gap);
    }
    merged.dests.insert(merged.dests.end(), read.dests.begin(), read.dests.end());
    merged.range.length = read.range.end() - merged.range.offset;
  }
  return merged;
}

}  // namespace

std::vector<MergedRead> plan_merged_reads(std::span<const BlockRead> reads, uint64_t max_gap,
                                          uint64_t max_bytes) {
  std::vector<size_t> order(reads.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [reads](size_t a, size_t b) {
    return std::tie(reads[a].key, reads[a].range.offset) <
           std::tie(reads[b].key, reads[b].range.offset);
  });
  std::vector<MergedRead> result;
  for (size_t start = 0; start < order.size();) {
    MergedRead extent;  // only key and range: how far the run reaches
    extent.key = reads[order[start]].key;
    extent.range = reads[order[start]].range;
    uint64_t widest_gap = 0;
    size_t end = start + 1;
    for (; end < order.size() && joins(extent, reads[order[end]], max_gap, max_bytes); ++end) {
      widest_gap = std::max(widest_gap, gap_before(extent, reads[order[end]]));
      extent.range.length = reads[order[end]].range.end() - extent.range.offset;
    }
    result.push_back(merge(reads, std::span(order).subspan(start, end - start), widest_gap));
    start = end;
  }
  return result;
}

}  // namespace neurofs
