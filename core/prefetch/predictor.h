// Predictor: guesses which blocks will be read next. The seam for the stride rule and its
// successors.
//
// Purpose: a pure state machine over block numbers, so that recorded traces replay through the
// production classes. No lock, no clock, no I/O; the same calls give the same proposals.
// Thread-safety: none; the owner serialises calls. Ownership: none.
// Units: blocks of one field, numbered in index space: C order over `PredictorLimits::grid`. The
// owner translates to the order on disk.
// The owner calls observe() once per read, fetches what is proposed (or drops it when busy), and
// tells by wasted() what it fetched in vain. A predictor remembers its own outstanding proposals,
// so the owner says no more of a block that was read than how that ended. A proposal may name
// blocks that are in the cache or on their way already: the owner skips those.
// Errors: std::bad_alloc alone. Every input is taken: runs past the end, of no block, near 2^64.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/registry.h"
#include "core/geometry/shape.h"

namespace neurofs {

struct BlockRun {
  uint64_t first = 0;
  uint64_t count = 0;
  bool operator==(const BlockRun&) const = default;
};

enum class AccessOutcome : uint8_t {
  kHit,   // was there
  kLate,  // was on its way because of a proposal
  kMiss,  // the reader had to fetch some of it
};

struct Access {
  uint64_t stream = 0;  // names one reader: a handle, a process and file
  BlockRun run;
  AccessOutcome outcome = AccessOutcome::kMiss;
};

struct Proposal {
  BlockRun run;
  uint32_t group = 0;  // which of the predictor's streams foresees it, see wants()
};

struct PredictorLimits {
  uint64_t block_count = 0;       // blocks in the field: proposals stay below it
  uint64_t max_ahead_blocks = 0;  // most blocks proposed and not yet reached, per stream; 0: none
  uint64_t cache_blocks = 0;      // blocks that the cache holds, about; 0: not known
  Dims grid{};  // blocks along each axis, their product is block_count; empty: one axis
};

class Predictor {
 public:
  virtual ~Predictor() = default;
  // Appends what should be fetched now, in the order of need.
  virtual void observe(const Access& access, std::vector<Proposal>* out) = 0;
  // A proposed block was fetched, and evicted before anybody read it.
  virtual void wasted(uint64_t block) = 0;
  // False once the stream has ended: what was proposed for it and has not begun is to be dropped.
  virtual bool wants(uint32_t group) const = 0;
  // What is worth keeping over a restart, empty if nothing is. restore() takes any bytes, and leaves
  // the predictor as it was, with false, when they are no state of this predictor for such a field.
  virtual std::string save() const = 0;
  virtual bool restore(std::string_view saved) = 0;
  virtual size_t memory_bytes() const = 0;
};

using PredictorFactory = std::function<std::unique_ptr<Predictor>(const PredictorLimits&)>;
using PredictorRegistry = Registry<PredictorFactory>;

}  // namespace neurofs
