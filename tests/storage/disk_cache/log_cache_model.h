// LogCacheModel: a disk cache without a disk, of blocks of one size: ids in, hits out.
//
// Purpose: replays traces through LogPolicy, with segments as CacheVolume keeps them: two free ones in reserve, a
// victim's kept entries written to the main log, seven eighths of it at most. Pure; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "core/storage/disk_cache/log_policy.h"

namespace neurofs::test {

class LogCacheModel {
 public:
  // `capacity` blocks in segments of `segment` blocks.
  LogCacheModel(size_t capacity, size_t segment, size_t remembered)
      : segments_(capacity / segment), segment_(segment), policy_(remembered) {}

  bool get(uint64_t block) {
    const uint64_t id = mixed(block);
    if (const auto it = held_.find(id); it != held_.end()) {
      if (it->second < 3) ++it->second;
      return true;
    }
    add(policy_.admit(id), id);
    return false;
  }

 private:
  struct Log {
    std::deque<std::vector<uint64_t>> sealed;  // oldest first
    std::vector<uint64_t> open;
  };

  // Of splitmix64: ids of keys are uniform.
  static uint64_t mixed(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }
  size_t free() const {
    size_t used = evicting_ ? 1 : 0;  // the victim
    for (const Log& log : logs_) used += log.sealed.size() + (log.open.empty() ? 0 : 1);
    return segments_ - used;
  }
  static void seal(Log& log) {
    log.sealed.push_back(std::move(log.open));
    log.open.clear();
  }
  bool add(CacheLog which, uint64_t id) {
    Log& log = logs_[static_cast<size_t>(which)];
    if (log.open.size() == segment_) seal(log);
    if (log.open.empty()) {
      for (int i = 0; i < 12 && !evicting_ && free() < 2; ++i) evict();
      if (log.open.size() == segment_) seal(log);  // filled by an eviction just now
      if (log.open.empty() && free() == 0) return false;
    }
    log.open.push_back(id);
    held_[id] = 0;
    return true;
  }
  void evict() {
    const CacheLog from =
        policy_.evict_from(logs_[0].sealed.size(), logs_[1].sealed.size(), held_.size());
    Log& log = logs_[static_cast<size_t>(from)];
    if (log.sealed.empty()) return;
    const auto ids = std::move(log.sealed.front());
    log.sealed.pop_front();
    evicting_ = true;
    size_t moved = 0;
    bool full = false;
    for (const uint64_t id : ids) {
      const unsigned reads = held_[id];
      if (!full && policy_.keep(from, reads)) {
        full = moved == segment_ / 8 * 7 || !add(CacheLog::kMain, id);
        moved += !full;
        if (!full) continue;
      }
      held_.erase(id);
      policy_.forgotten(from, id);
    }
    evicting_ = false;
  }

  const size_t segments_;
  const size_t segment_;
  LogPolicy policy_;
  std::array<Log, 2> logs_;
  std::unordered_map<uint64_t, unsigned> held_;  // to their reads
  bool evicting_ = false;
};

}  // namespace neurofs::test
