// EpochRun: one pass through an order: its schedule, and the blocks that are kept for it.
//
// Purpose: what EpochAhead's tasks work on. A step takes what was read, lets blocks go, and fetches the next batch;
// several steps may run at once. It is one of the engine's AheadHolders until it ends: when the order has been read,
// or somebody ends it. Thread-safety: every method from any thread; none waits for I/O but step(), and the lock is
// held for as long as kMostAtOnce positions take. Ownership: keeps field and source alive, since whoever takes memory
// back may be the last to hold it. Units: positions of the order, bytes of slots.
// Errors: a block that cannot be had ends the run: readers find out for themselves. What was fetched of an older
// generation of the field ends it too.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/cancellation.h"
#include "core/engine/ahead_holders.h"
#include "core/engine/epoch_schedule.h"
#include "core/engine/field_state.h"

namespace neurofs {

class EpochRun final : public AheadHolder {
 public:
  using Interval = std::pair<Index, Index>;  // [first, second) of positions

  static std::shared_ptr<EpochRun> begin(std::shared_ptr<FieldState> field,
                                         std::shared_ptr<const EpochSource> source, Index head);
  ~EpochRun() override;
  EpochRun(const EpochRun&) = delete;
  EpochRun& operator=(const EpochRun&) = delete;

  enum class Step : uint8_t { kFetched, kIdle, kEnded };
  // `reads`: what has been read since. kIdle: there is nothing to do before the next read.
  Step step(std::vector<Interval> reads);
  // Nothing is kept or fetched from now on; what is on its way is cancelled. Once more does nothing.
  void end() noexcept;

  bool read_since(Clock::time_point since) const noexcept override;
  void cancel() noexcept override;
  void let_go() noexcept override { end(); }

  bool ended() const { return ended_.load(std::memory_order_relaxed); }
  // Reads between them belong to this run.
  Index head() const { return head_.load(std::memory_order_relaxed); }
  Index horizon() const { return horizon_.load(std::memory_order_relaxed); }

  // Of a field: the blocks that one of `sharers` runs may keep; 0: blocks are too large.
  static uint64_t most_held(const FieldState& field, size_t sharers);

 private:
  EpochRun(std::shared_ptr<FieldState> field, std::shared_ptr<const EpochSource> source,
           Index head);

  // What one hold of the lock does, and whether there is more to do before the fetch.
  enum class Planned : uint8_t { kAll, kPart, kOver };
  Planned plan(std::span<Interval>* reads, std::vector<uint64_t>* wanted,
               std::vector<uint64_t>* gone, std::vector<BlockPin>* pins);
  void take_reads(std::span<Interval>* reads, std::vector<uint64_t>* gone);
  void adjust(size_t sharers);  // limits, to how far it has come and who else is there
  void take_out(const std::vector<uint64_t>& gone, std::vector<BlockPin>* pins);
  Step fetch(const std::vector<uint64_t>& wanted);
  void settle(std::span<BlockRequest> requests, Reservation reservation);
  size_t batch_blocks();

  const std::shared_ptr<FieldState> field_;
  const std::shared_ptr<const EpochSource> source_;
  const FieldState::Generation& generation_;
  const uint64_t slot_;
  Cancellation cancel_;
  const Cancellation::Watch ending_;
  std::atomic<bool> ended_{false};
  std::atomic<Index> head_;
  std::atomic<Index> horizon_;
  std::atomic<Clock::rep> last_read_;
  std::mutex mutex_;
  std::unique_ptr<EpochSchedule> schedule_;  // guarded by mutex_; null once it has ended
  bool groups_ = false;                      // guarded by mutex_
  uint64_t room_ = UINT64_MAX;               // guarded by mutex_: blocks that memory was had for
  Reservation memory_;                       // guarded by mutex_: covers the pins
  std::unordered_map<uint64_t, BlockPin> pins_;  // guarded by mutex_
};

}  // namespace neurofs
