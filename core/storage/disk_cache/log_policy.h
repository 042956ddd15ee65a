// LogPolicy: which entries of the disk cache stay, decided a segment at a time.
//
// Purpose: S3-FIFO (Yang et al., SOSP 2023) on logs. New entries go to a probation log; what nobody reads again there
// is dropped and only remembered (a ghost), so a scan that passes once never reaches the main log. What was read
// again, or comes back as a ghost, is written to the main log, where an entry that was read since goes round once
// more. Two things are learned:
//
//   share of probation, as by ARC (Megiddo, Modha, FAST 2003): a ghost of probation that a cache of nothing but
//     probation would still have had makes it longer (windows that overlap, shuffle buffers); a ghost of the main
//     log that as short an absence brings back makes it shorter.
//   loops that are larger than the cache: while four of five entries leave the main log unread, of ghosts that no
//     share would have saved one in sixteen goes there. So a part of the loop stays until it comes round.
//
// Pure: no I/O, no clock, no lock; one thread. Memory: 4 bytes a remembered entry, `remembered` of them.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "core/storage/disk_cache/segment_format.h"

namespace neurofs {

class LogPolicy {
 public:
  explicit LogPolicy(size_t remembered) : ghosts_(remembered) {}

  // Where a new entry goes; `id` is a part of its key, uniform.
  CacheLog admit(uint64_t id) {
    uint32_t& ghost = slot(id);
    if (!is_of(ghost, id)) return CacheLog::kProbation;
    const bool saved = learn(ghost);
    ghost = 0;
    if (!saved && unread_ > kUnread && ++turned_away_ % kTurns != 0) return CacheLog::kProbation;
    return CacheLog::kMain;
  }

  // The log whose oldest segment goes next, of the segments that each has, and the entries of all.
  CacheLog evict_from(size_t probation, size_t main, size_t entries) {
    segments_ = std::max<size_t>(probation + main, 1);
    step_ = 1.0 / static_cast<double>(std::max<size_t>(entries, 1));
    const bool large = static_cast<double>(probation) >= share_ * static_cast<double>(segments_);
    const CacheLog log =
        probation > 0 && (large || main == 0) ? CacheLog::kProbation : CacheLog::kMain;
    ++evictions_[static_cast<size_t>(log)];
    return log;
  }

  // Whether an entry of a segment that goes is written to the main log (again).
  bool keep(CacheLog from, unsigned reads) {
    if (from == CacheLog::kMain) {
      unread_ += ((reads > 0 ? 0.0 : 1.0) - unread_) * std::min(16 * step_, 1.0);
    }
    return reads > 0;
  }

  void forgotten(CacheLog from, uint64_t id) { slot(id) = mark(id) | stamp(from); }

 private:
  static constexpr double kLeast = 0.1;  // share of probation
  static constexpr double kMost = 0.9;
  static constexpr double kPace = 4;  // entries that a ghost moves it by
  static constexpr double kUnread = 0.8;
  static constexpr uint64_t kTurns = 16;
  // A ghost is 22 bits of the id (one of them set, so none is 0), a bit for the log it left, and when: 9 bits that
  // count a 32nd of the cache's segments each, evicted from that log.
  static constexpr unsigned kIdShift = 10;
  static constexpr uint32_t kTimes = 1U << 9;
  static constexpr uint32_t kParts = 32;

  uint32_t& slot(uint64_t id) { return ghosts_[id % ghosts_.size()]; }
  static uint32_t mark(uint64_t id) { return static_cast<uint32_t>(id >> 42 | 1) << kIdShift; }
  static bool is_of(uint32_t ghost, uint64_t id) {
    return ghost >> kIdShift << kIdShift == mark(id);
  }
  uint32_t now(size_t log) const {
    return static_cast<uint32_t>(evictions_[log] * kParts / std::max<size_t>(segments_, kParts)) %
           kTimes;
  }
  uint32_t stamp(CacheLog log) const {
    const auto n = static_cast<size_t>(log);
    return static_cast<uint32_t>(n) * kTimes + now(n);
  }
  // Whether a longer probation would still have had it.
  bool learn(uint32_t ghost) {
    const size_t log = ghost / kTimes % 2;
    const uint32_t age = (now(log) - ghost % kTimes) % kTimes;
    const double others = log == 0 ? 1 - share_ : share_;
    if (age >= kParts * others) return false;
    share_ = std::clamp(share_ + (log == 0 ? kPace : -kPace) * step_, kLeast, kMost);
    return log == 0;
  }

  double share_ = kLeast;
  double step_ = 0;    // an entry, as a share of all
  double unread_ = 0;  // of what leaves the main log, lately
  uint64_t turned_away_ = 0;
  size_t segments_ = 1;
  std::array<uint64_t, 2> evictions_{};
  std::vector<uint32_t> ghosts_;  // a newer one takes an older one's place
};

}  // namespace neurofs
