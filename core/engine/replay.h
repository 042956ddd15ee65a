// replay(): a recorded trace through the production predictor and eviction policy, under a cost
// model instead of a clock.
//
// Purpose: judge both on any machine, the same figures from run to run. The model: one reader that
// waits for each read before it issues the next, one tick of its own time between reads. Time is in
// ticks. A block takes `latency` ticks to arrive, and one transfer starts each 1/bandwidth ticks. What a
// reader waits for overtakes what is proposed; proposals queue in order, at most `queue` of them, and
// those that the predictor no longer wants are dropped before they start. The cache holds
// `cache_blocks` in the policy's order; what was proposed enters it as prefetched.
// Thread-safety: a function of its arguments. Units: blocks, ticks.
// Errors: kInvalidArgument for an unknown plugin (message lists the known ones) or a size out of
// bounds.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/engine/replay_trace.h"

namespace neurofs {

struct ReplayOptions {
  std::string predictor = "adaptive";
  std::string policy = "lru";
  uint64_t cache_blocks = 256;
  double latency = 16;
  double bandwidth = 2;
  uint64_t queue = 128;
  bool timing = false;  // measure the predictor's time: the one figure that varies
};

struct ReplayCounts {
  uint64_t blocks = 0;   // that were read
  uint64_t misses = 0;   // of them, fetched by the reader itself
  uint64_t started = 0;  // fetches begun because of a proposal
  uint64_t used = 0;     // of them, read
  uint64_t late = 0;     // of the used, waited for
  uint64_t dropped = 0;  // proposals that were no longer wanted when their turn came
  double stall = 0;      // ticks waited
};

struct ReplayResult {
  ReplayCounts with;     // the predictor
  ReplayCounts without;  // any
  uint64_t state_bytes = 0;
  double nanoseconds = 0;  // mean per read, when timed

  // Misses avoided, of those without prediction; late ones count as avoided.
  double coverage() const;
  // Of the fetches begun because of a proposal, those that were read; 1 if there were none.
  double accuracy() const;
  // Of the used, those that were there in time.
  double timeliness() const;
  // Fetched in vain, as a share of the misses without prediction.
  double waste() const;
  // Waiting that is left, as a share of the waiting without prediction.
  double stall() const;
  double miss_ratio() const;
};

Result<ReplayResult> replay(const ReplayTrace& trace, const ReplayOptions& options);

}  // namespace neurofs
