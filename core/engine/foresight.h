// Foresight: a field's predictor, told of the field's reads in the predictor's own terms.
//
// Purpose: between readers, who name blocks as they lie on disk, and a Predictor, which counts them in index
// space. Thread-safety: every method from any thread; lossy on purpose: while one read is told, another that
// ends is not, so that no reader ever waits here. Ownership: owns the predictor; borrows the grid.
// Units: blocks, in the order on disk.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/cache/block_cache.h"
#include "core/engine/block_grid.h"
#include "core/engine/prefetch_queue.h"
#include "core/prefetch/predictor.h"

namespace neurofs {

// What one read touched: `pieces` blocks, from the first to the last along the array's axes.
struct TouchedBlocks {
  uint64_t stream = 0;
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t pieces = 0;
  AccessOutcome outcome = AccessOutcome::kMiss;
};

class Foresight {
 public:
  // The most that a predictor may be ahead where blocks that follow each other in index space do not on disk: each may
  // be an entry of the queue, and what that drops the predictor would not propose again.
  static constexpr uint64_t kMostScattered = PrefetchQueue::kMostEntries / 2;

  Foresight(const BlockGrid& grid, std::unique_ptr<Predictor> predictor)
      : grid_(grid), predictor_(std::move(predictor)) {}

  // Appends what is to be fetched now, in the order of need, by runs on disk. `id`: the field's name in the cache.
  void observe(const TouchedBlocks& touched, BlockCache& cache, FieldId id,
               std::vector<Proposal>* out);

  // Whether what was proposed for this group is still worth fetching; yes where that cannot be told now.
  bool wants(uint32_t group);

  // As of Predictor; these wait.
  std::string save();
  bool restore(std::string_view saved);

 private:
  void tell_wasted(BlockCache& cache, FieldId id);
  void append(const Proposal& proposal, std::vector<Proposal>* out) const;

  const BlockGrid& grid_;
  std::mutex mutex_;
  const std::unique_ptr<Predictor> predictor_;  // guarded by mutex_
  std::vector<Proposal> proposals_;             // guarded by mutex_, scratch
  std::vector<uint64_t> wasted_;                // guarded by mutex_, scratch
  uint64_t seen_wasted_ = 0;                    // guarded by mutex_
};

}  // namespace neurofs
