// LogPolicy: which entries of the disk cache stay, decided a segment at a time.
//
// Purpose: S3-FIFO (Yang et al., SOSP 2023) on logs. New entries go to a small probation log; what nobody reads
// again there is dropped and only remembered, so a scan that passes once never reaches the main log. What was read
// again, or comes back while it is remembered, is written to the main log, where an entry that was read since
// goes round once more.
// Pure: no I/O, no clock, no lock; one thread. Memory: 4 bytes a remembered entry, `remembered` of them.
#pragma once

#include <vector>

#include "core/storage/disk_cache/segment_format.h"

namespace neurofs {

class LogPolicy {
 public:
  explicit LogPolicy(size_t remembered) : ghosts_(remembered) {}

  // Where a new entry goes; `id` is a part of its key, uniform.
  CacheLog admit(uint64_t id) {
    uint32_t& ghost = slot(id);
    if (ghost != mark(id)) return CacheLog::kProbation;
    ghost = 0;
    return CacheLog::kMain;
  }

  // The log whose oldest segment goes next, of the segments that each has.
  static CacheLog evict_from(size_t probation, size_t main) {
    const bool large = probation * kProbationParts >= probation + main;
    return probation > 0 && (large || main == 0) ? CacheLog::kProbation : CacheLog::kMain;
  }

  // Whether an entry of a segment that goes is written to the main log (again).
  static bool keep(unsigned reads) { return reads > 0; }

  void forgotten(CacheLog from, uint64_t id) {
    if (from == CacheLog::kProbation) slot(id) = mark(id);
  }

 private:
  static constexpr size_t kProbationParts = 10;  // a tenth is for probation

  uint32_t& slot(uint64_t id) { return ghosts_[id % ghosts_.size()]; }
  static uint32_t mark(uint64_t id) { return static_cast<uint32_t>(id >> 32) | 1U; }

  std::vector<uint32_t> ghosts_;  // a newer one takes an older one's place
};

}  // namespace neurofs
