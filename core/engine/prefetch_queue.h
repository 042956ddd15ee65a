// PrefetchQueue: what is to be fetched ahead, until a thread comes to it.
//
// Purpose: single blocks that a predictor names one by one become batches, whose reads the store merges and
// keeps deep; what its stream no longer wants by the time its turn comes is dropped.
//
//   push:  append the run; while fewer threads run than there are, start one
//   run:   take what comes first, and all of the same field behind it up to a batch; leave out what is no
//          longer wanted; fetch; while something is left, run again behind the others' tasks
//
// Thread-safety: push from any thread, never waits. Ownership: borrows the executor, which must end first;
// fields are held weakly: an entry whose field has gone is passed over. Bounded: what comes while kMostEntries
// wait is dropped. Units: blocks in the order on disk. Errors: none; a block that cannot be had is left to its
// reader.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/base/executor.h"
#include "core/prefetch/predictor.h"

namespace neurofs {

class FieldState;

class PrefetchQueue {
 public:
  PrefetchQueue(Executor& executor, size_t threads) : executor_(executor), threads_(threads) {}

  void push(const std::shared_ptr<FieldState>& field, std::span<const Proposal> proposals);

 private:
  static constexpr size_t kMostEntries = 4096;

  struct Entry {
    std::weak_ptr<FieldState> field;
    BlockRun run;
    uint32_t group;
  };
  struct Batch {
    std::shared_ptr<FieldState> field;
    std::vector<uint64_t> blocks;                     // may have repeats
    std::vector<std::shared_ptr<FieldState>> passed;  // looked at only; none may end under the lock
  };

  void start_one_locked();
  void run();
  void take_locked(Batch* batch);

  Executor& executor_;
  const size_t threads_;
  std::mutex mutex_;
  std::deque<Entry> entries_;  // guarded by mutex_
  size_t running_ = 0;         // guarded by mutex_
};

}  // namespace neurofs
