// Predictor: guesses which blocks will be read next. The seam for the stride rule and its
// successors.
//
// Purpose: a pure state machine over block numbers, so that recorded traces replay through the
// production classes. No lock, no clock, no I/O. Thread-safety: none; the owner serialises calls.
// Units: blocks of one field. Ownership: none.
// The owner calls observe() once per read with the run of blocks that it touched, fetches what is
// proposed (or drops it when busy), and tells by feedback() what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/registry.h"

namespace neurofs {

struct BlockRun {
  uint64_t first = 0;
  uint64_t count = 0;
  bool operator==(const BlockRun&) const = default;
};

struct PredictorLimits {
  uint64_t block_count = 0;       // blocks in the field: proposals stay below it
  uint64_t max_ahead_blocks = 0;  // most blocks proposed and not yet reached, per stream
};

class Predictor {
 public:
  virtual ~Predictor() = default;
  // `stream` names one reader. Appends what should be fetched now to `out`.
  virtual void observe(uint64_t stream, BlockRun run, std::vector<BlockRun>* out) = 0;
  // Prefetched blocks that were read, and that were evicted unread, since the last call.
  virtual void feedback(uint64_t used, uint64_t wasted) = 0;
};

using PredictorFactory = std::function<std::unique_ptr<Predictor>(const PredictorLimits&)>;
using PredictorRegistry = Registry<PredictorFactory>;

}  // namespace neurofs
