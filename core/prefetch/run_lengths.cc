#include "core/prefetch/run_lengths.h"

#include <algorithm>
#include <numeric>

#include "core/prefetch/mix.h"

namespace neurofs {
namespace {

constexpr float kKept = 0.95F;
constexpr float kEnoughRuns = 1.5F;

}  // namespace

size_t RunLengths::table(uint64_t stream, int64_t step) {
  return mix(stream * 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(step)) % kTables;
}

void RunLengths::note(uint64_t stream, int64_t step, uint64_t length) {
  Histogram& runs = runs_[table(stream, step)];
  for (float& r : runs) r *= kKept;
  runs[std::min<uint64_t>(length, kLongest)] += 1;
}

uint64_t RunLengths::reach(uint64_t stream, int64_t step, uint64_t length, float sure) const {
  const Histogram& runs = runs_[table(stream, step)];
  if (length >= kLongest) return kUnknown;
  float rest = std::accumulate(runs.begin() + static_cast<ptrdiff_t>(length), runs.end(), 0.0F);
  if (rest < kEnoughRuns) return kUnknown;
  const float least = rest * sure;
  for (uint64_t at = length; at < kLongest; ++at) {
    rest -= runs[at];
    if (rest < least) return at - length;
  }
  return kUnknown;
}

}  // namespace neurofs
