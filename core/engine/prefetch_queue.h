// PrefetchQueue: what is to be fetched ahead, until a thread comes to it.
//
// Purpose: single blocks that a predictor names one by one become batches, whose reads the store merges and
// keeps deep; what its stream no longer wants by the time its turn comes is dropped.
//
//   push:  append the run; while fewer threads run than there are, start one
//   run:   take what comes first, and all of the same field behind it up to a batch; leave out what is no
//          longer wanted; fetch; while something is left, run again behind the others' tasks
//
// Thread-safety: push from any thread, never waits. Ownership: borrows the executor. Either may end first, and
// on one of the executor's own threads too, since a task may hold the last reference to a field and with it to
// the engine: tasks share the queue's state, which then holds nothing. Fields are held weakly: an entry whose
// field has gone is passed over. Bounded: what comes while kMostEntries wait is dropped. Units: blocks in the
// order on disk. Errors: none; a block that cannot be had is left to its reader.
#pragma once

#include <memory>
#include <span>

#include "core/base/executor.h"
#include "core/prefetch/predictor.h"

namespace neurofs {

class FieldState;

class PrefetchQueue {
 public:
  static constexpr size_t kMostEntries = 8192;

  PrefetchQueue(Executor& executor, size_t threads);
  ~PrefetchQueue();
  PrefetchQueue(const PrefetchQueue&) = delete;
  PrefetchQueue& operator=(const PrefetchQueue&) = delete;

  void push(const std::shared_ptr<FieldState>& field, std::span<const Proposal> proposals);

 private:
  class State;
  const std::shared_ptr<State> state_;
};

}  // namespace neurofs
