// ObjectMemory: what reads and stats told of objects, for a while.
//
//   Asked before = memory.asked(key);  ...the store is asked...  memory.learn(key, info, before);
// What was forgotten meanwhile is not learned: the answer may be of before.
// A store may deny for a moment an object that it has told of (Swift does, while it replaces one): that is believed
// once it has lasted for kDoubt.
// Thread-safety: every method from any thread. Memory: at most kMost objects; past it all are forgotten, which
// costs a question each.
#pragma once

#include <array>
#include <chrono>
#include <functional>
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
  static constexpr std::chrono::seconds kDoubt{5};

  // How often the object had been forgotten when the store was asked.
  enum class Asked : uint64_t {};
  Asked asked(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    return asked_locked(key);
  }

  void learn(std::string_view key, const ObjectInfo& info, Asked before) {
    if (!info.exists || info.version.empty()) return;
    const std::lock_guard lock(mutex_);
    if (asked_locked(key) != before) return;
    if (known_.size() >= kMost) known_.clear();
    std::string name(key);
    denied_.erase(name);
    known_.insert_or_assign(std::move(name), Known{info, Clock::now()});
  }
  void forget(std::string_view key) {
    const std::lock_guard lock(mutex_);
    known_.erase(std::string(key));
    ++forgotten_[slot(key)];
  }
  // This process changes the object: what the store says of it next is to be believed.
  void change(std::string_view key) {
    forget(key);
    const std::lock_guard lock(mutex_);
    denied_.erase(std::string(key));
  }
  void forget_all() {
    const std::lock_guard lock(mutex_);
    known_.clear();
    denied_.clear();
    ++all_forgotten_;
  }
  // Learned no longer than `most` ago.
  std::optional<ObjectInfo> recent(std::string_view key, Clock::duration most) const {
    const std::lock_guard lock(mutex_);
    const auto it = known_.find(std::string(key));
    if (it == known_.end() || Clock::now() - it->second.when >= most) return std::nullopt;
    return it->second.info;
  }
  // The store says that there is no such object: whether to believe it. `told`: it has just told of it.
  bool believe_missing(std::string_view key, bool told) {
    const std::lock_guard lock(mutex_);
    const auto it = denied_.find(std::string(key));
    if (it != denied_.end()) return Clock::now() - it->second >= kDoubt;
    if (!told) return true;
    if (denied_.size() >= kMost) denied_.clear();
    denied_.emplace(key, Clock::now());
    return false;
  }

 private:
  struct Known {
    ObjectInfo info;
    Clock::time_point when;
  };
  static constexpr size_t kSlots =
      256;  // objects share them: one forgotten too many costs a question

  static size_t slot(std::string_view key) { return std::hash<std::string_view>()(key) % kSlots; }
  Asked asked_locked(std::string_view key) const {
    return static_cast<Asked>(all_forgotten_ + forgotten_[slot(key)]);
  }

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;               // guarded by mutex_, as those below
  std::unordered_map<std::string, Clock::time_point> denied_;  // since when
  uint64_t all_forgotten_ = 0;
  std::array<uint64_t, kSlots> forgotten_{};
};

}  // namespace neurofs
