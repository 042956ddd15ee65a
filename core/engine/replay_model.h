// CostModel: one run of a trace under the rules of replay(); internal to core/engine.
//
// Thread-safety: none. Ownership: borrows the trace, the policy and the predictor (which may be
// null: nothing is fetched ahead). Units: blocks, ticks. See replay.h for the model.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "core/cache/eviction_policy.h"
#include "core/engine/replay.h"

namespace neurofs {

// What a predictor was told, so that it can be told again with nothing else in between.
struct Told {
  Access access;
  bool wasted = false;  // else a read
};

class CostModel {
 public:
  // `told`, unless null, takes what the predictor is told.
  CostModel(const ReplayTrace& trace, const ReplayOptions& options, EvictionPolicy& policy,
            Predictor* predictor, std::vector<Told>* told);
  ReplayCounts run();

 private:
  enum class Where : uint8_t { kQueued, kFlying, kCached };
  struct Place {
    Where where = Where::kQueued;
    bool proposed = false;  // and not read since
    uint32_t group = 0;
    EntryId entry = kNoEntry;  // cached
    uint64_t serial = 0;       // queued: which proposal in the queue it is
    double time = 0;           // flying: of its arrival
  };
  struct Queued {
    uint64_t block;
    uint64_t serial;
    double since;
  };

  void read(const TraceRead& read);
  // The reader needs the block: returns how long it waits for it.
  double take(uint64_t block, AccessOutcome* outcome);
  void propose(const Proposal& proposal);
  void launch(uint64_t block, double start, Place place);
  // Starts what is queued, as far as the channel is free until `time`, and moves the clock there.
  void advance(double time);
  // The transfer of a queued block begins, unless nobody wants it any more.
  void start(const Queued& next, double start);
  void complete(double time);
  void evict();

  const ReplayTrace& trace_;
  const ReplayOptions& options_;
  const double interval_;
  EvictionPolicy& policy_;
  Predictor* const predictor_;
  std::vector<Told>* const told_;
  std::unordered_map<uint64_t, Place> places_;
  std::deque<Queued> queue_;  // with those that a reader has overtaken, which places_ tells
  std::deque<uint64_t> flying_;
  std::vector<uint64_t> blocks_of_;  // by entry
  std::vector<EntryId> free_;
  std::vector<Proposal> proposals_;
  uint64_t queued_ = 0;
  uint64_t serial_ = 0;
  double free_at_ = 0;  // when the channel is
  double now_ = 0;
  ReplayCounts counts_;
};

}  // namespace neurofs
