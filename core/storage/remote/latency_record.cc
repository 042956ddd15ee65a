#include "core/storage/remote/latency_record.h"

#include <algorithm>
#include <bit>

namespace neurofs {
namespace {

constexpr uint32_t kFadeAt = 2000;
constexpr uint32_t kEnough = 100;

// Bucket b holds times from (4 + b % 4) << (b / 4) up to the next one's.
size_t bucket_of(uint64_t us) {
  const uint64_t t = std::max<uint64_t>(us, 4);
  const auto octave = static_cast<size_t>(std::bit_width(t)) - 3;
  return octave * 4 + (t >> octave) - 4;
}

uint64_t end_of(size_t bucket) {
  return (uint64_t{5} + bucket % 4) << (bucket / 4);
}

}  // namespace

size_t LatencyRecord::size_class(uint64_t bytes) {
  if (bytes <= 64 << 10) return 0;
  if (bytes <= 512 << 10) return 1;
  return bytes <= 2 << 20 ? 2 : 3;
}

void LatencyRecord::add(uint64_t bytes, std::chrono::microseconds took) {
  const auto us = static_cast<uint64_t>(std::max<int64_t>(took.count(), 0));
  const size_t bucket = std::min(bucket_of(us), kBuckets - 1);
  const std::lock_guard lock(mutex_);
  Histogram& h = sizes_[size_class(bytes)];
  ++h.counts[bucket];
  if (++h.total < kFadeAt) return;
  h.total = 0;
  for (uint32_t& count : h.counts) h.total += count /= 2;
}

std::optional<std::chrono::microseconds> LatencyRecord::p99(uint64_t bytes) const {
  const std::lock_guard lock(mutex_);
  const Histogram& h = sizes_[size_class(bytes)];
  if (h.total < kEnough) return std::nullopt;
  uint32_t beyond = h.total / 100;
  size_t bucket = kBuckets - 1;
  while (bucket > 0 && h.counts[bucket] <= beyond) beyond -= h.counts[bucket--];
  return std::chrono::microseconds(static_cast<int64_t>(end_of(bucket)));
}

}  // namespace neurofs
