// ObjectMemory: what reads and stats told of objects, for a while.
//
// Thread-safety: every method from any thread. Memory: at most kMost objects; past it all are forgotten, which
// costs a question each.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/storage/object_store.h"

namespace neurofs {

class ObjectMemory {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMost = size_t{64} << 10;

  void learn(std::string_view key, const ObjectInfo& info) {
    if (!info.exists || info.version.empty()) return;
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kMost) known_.clear();
    known_.insert_or_assign(std::string(key), Known{info, Clock::now()});
  }
  void forget(std::string_view key) {
    const std::lock_guard lock(mutex_);
    known_.erase(std::string(key));
  }
  void forget_all() {
    const std::lock_guard lock(mutex_);
    known_.clear();
  }
  // Learned no longer than `most` ago.
  std::optional<ObjectInfo> recent(std::string_view key, Clock::duration most) const {
    const std::lock_guard lock(mutex_);
    const auto it = known_.find(std::string(key));
    if (it == known_.end() || Clock::now() - it->second.when >= most) return std::nullopt;
    return it->second.info;
  }

 private:
  struct Known {
    ObjectInfo info;
    Clock::time_point when;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;  // guarded by mutex_
};

}  // namespace neurofs
