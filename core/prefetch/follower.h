// Follower: follows walks read by read, and proposes what they will read next.
//
// Purpose: matches each read to a walk that foresaw it, or whose structure explains it; begins walks
// where the reads no walk foresaw make one likely; keeps each as many elements ahead as hides the
// time a fetch takes: twice as far when a proposal came late, half as far when one was evicted
// unread. All walks share two fifths of the cache. Thread-safety: none. Units: blocks; time in reads.
// Cost: constant per read that is foreseen, a pass over the recent reads else.
#pragma once

#include <algorithm>
#include <vector>

#include "core/prefetch/grid_steps.h"
#include "core/prefetch/outstanding.h"
#include "core/prefetch/predictor.h"
#include "core/prefetch/reader_table.h"
#include "core/prefetch/recent_reads.h"
#include "core/prefetch/run_lengths.h"
#include "core/prefetch/throttle.h"
#include "core/prefetch/walk_table.h"

namespace neurofs {

// A read, clipped to the field.
struct BlockRead {
  int64_t first = 0;
  uint64_t count = 1;
  AccessOutcome outcome = AccessOutcome::kMiss;
  uint64_t now = 0;
};

class Follower {
 public:
  explicit Follower(const PredictorLimits& limits);

  // A read of what walks foresaw or explain: true.
  bool follow(const BlockRead& read, Reader& reader, std::vector<Proposal>* out);
  // A read that none does: a walk may begin.
  void begin(const BlockRead& read, Reader& reader, std::vector<Proposal>* out);
  // A block proposed for `group` was evicted unread.
  void wasted(int64_t block, uint32_t group, uint64_t now);
  bool wants(uint32_t group) const;

  uint64_t share() const { return std::min(share_, most_ahead_); }
  const GridSteps& grid() const { return grid_; }
  Outstanding& outstanding() { return outstanding_; }
  static constexpr size_t table_bytes() {
    return WalkTable::table_bytes() + RunLengths::table_bytes() + Outstanding::table_bytes();
  }

 private:
  Walk* find_dense(const BlockRead& read, const Reader& reader);
  void learn(Walk& walk, bool proposed, const BlockRead& read);
  void credit(Walk& walk, Reader& reader);
  bool straggles(const BlockRead& read, Reader& reader);
  Walk* explained(const BlockRead& read, Reader& reader);
  bool try_explain(const BlockRead& read, const Reader& reader, Walk& walk);
  void went_on(Walk& walk, const BlockRead& read, Reader& reader, std::vector<Proposal>* out);
  void note_pair(const BlockRead& read, Reader& reader);
  void remember(const Walk& walk, Reader& reader);
  void begin_found(const RecentReads::Found& found, const BlockRead& read, Reader& reader,
                   std::vector<Proposal>* out);
  bool begin_remembered(const BlockRead& read, Reader& reader, std::vector<Proposal>* out);
  void begin_alone(const BlockRead& read, Reader& reader, std::vector<Proposal>* out);
  Walk& make_walk(const Odometer& at, uint32_t length, const BlockRead& read, Reader& reader);
  void end(Walk& walk);
  void judge(Walk& walk, uint64_t blocks, bool used);
  void deepen(Walk& walk) const;
  void fall_silent(Walk& walk, uint64_t now);
  bool may_propose(const Walk& walk, uint64_t now) const;
  uint64_t reach(const Walk& walk) const;
  void count_active(uint64_t now);
  uint64_t limit(const Walk& walk) const;
  void propose(Walk& walk, uint64_t now, std::vector<Proposal>* out);

  const GridSteps grid_;
  const uint64_t most_ahead_;  // blocks of one walk
  const uint64_t share_;       // blocks of all walks
  WalkTable walks_;
  RecentReads recent_;
  RunLengths runs_;
  Throttle throttle_;
  Outstanding outstanding_;
  uint64_t active_ = 1;  // walks that share the cache
  uint64_t counted_at_ = 0;
};

}  // namespace neurofs
