// EpochAhead: fetches ahead of who reads a field in a known order.
//
// Purpose: is told which positions of the order have been read, finds out that they move forward (one reader, or
// several whose reads together do, as the workers of a data loader and the kernel's read-ahead), and then keeps
// an EpochRun going on the engine's prefetch threads. Up to kMostRuns passes at once.
// Thread-safety: every method from any thread; read() waits for no I/O and no planning. Ownership: keeps field and
// source alive; tasks keep this alive, and end after stop(), which whoever made it calls before letting go of it.
// Units: positions of the order. Errors: none; whatever goes wrong, readers fetch for themselves.
#pragma once

#include <boost/container/static_vector.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include "core/engine/epoch_run.h"

namespace neurofs {

class EpochAhead : public std::enable_shared_from_this<EpochAhead> {
 public:
  EpochAhead(std::shared_ptr<FieldState> field, std::shared_ptr<const EpochSource> source);
  ~EpochAhead();

  // Positions [first, last) have been read.
  void read(Index first, Index last);
  // Cancels what is on its way and keeps nothing; read() does nothing afterwards.
  void stop();

  // For tests.
  size_t runs() const;

 private:
  static constexpr size_t kMostRuns = 4;
  static constexpr size_t kMostCandidates = 8;

  struct Pass {
    std::shared_ptr<EpochRun> run;
    std::vector<EpochRun::Interval> reads;  // not yet told to the run
    Index pending = 0;                      // positions of those
    unsigned tasks = 0;
    uint64_t used = 0;  // when it was last read
  };
  struct Candidate {
    Index first = 0;
    Index end = 0;
    unsigned reads = 0;
    uint64_t used = 0;
  };

  using Passes = boost::container::static_vector<std::shared_ptr<Pass>, kMostRuns>;

  Index near(Index length) const;
  // Under the lock, as all below. `over`: what is to be ended once the lock is given up.
  void take_over(Passes* over);
  void tell(const std::shared_ptr<Pass>& pass, Index first, Index last, bool begins);
  static bool is_due(const Pass& pass);
  std::shared_ptr<Pass> find_pass(Index first, Index last);
  // The pass that begins with this read; null: it may be one later.
  std::shared_ptr<Pass> find_beginning(Index first, Index last, Passes* over);
  std::shared_ptr<Pass> begin_pass(Index head, Passes* over);
  void start_task(const std::shared_ptr<Pass>& pass);
  void work(const std::shared_ptr<Pass>& pass);
  bool go_on(const std::shared_ptr<Pass>& pass, EpochRun::Step step);

  const std::shared_ptr<FieldState> field_;
  const std::shared_ptr<const EpochSource> source_;
  const bool is_far_;
  mutable std::mutex mutex_;  // held for moments
  bool stopped_ = false;      // guarded by mutex_, as all below
  uint64_t clock_ = 0;
  Passes passes_;
  boost::container::static_vector<Candidate, kMostCandidates> candidates_;
};

}  // namespace neurofs
