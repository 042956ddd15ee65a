// ObjectVersions: which version of each object the blocks in RAM are of.
//
// Purpose: a chunk that is cut into blocks is loaded in parts, at different times; when its object is
// replaced in between, the parts must not be served side by side. Every load tells the version that
// it read; the first that differs has all blocks of the field forgotten before anybody hears of it.
// Bounded: kSlots objects, in sets of kWays; of an object that was pushed out of a full set (from about
// 100,000 objects on) nothing is known, as if it had never been read. Objects that do not exist are
// pushed out first. Stores far away may deny for a moment an object that is being replaced: of one that was
// there, absence is believed only when it has lasted for kDoubt. The names of the last kMostNames objects that
// were read are kept, for who wants to look whether they have changed.
// Thread-safety: every method from any thread. Ownership: owns its table, whose pages come as they
// are used. Cost: one lock per call; on the load path only.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/lazy_array.h"
#include "core/base/status.h"

namespace neurofs {

class ObjectVersions {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kDoubt{5};

  // `changed` runs under the lock: who sees a new version comes after what it does. `doubts`: whether to
  // doubt the store when it denies what was there.
  explicit ObjectVersions(std::function<void()> changed, bool doubts = false)
      : changed_(std::move(changed)), doubts_(doubts), slots_(kSlots) {}

  // `version` of the object was read; "" for an object that does not exist.
  void see(std::string_view key, std::string_view version);

  // Nothing is known of any object any more. As for a change, so that no read has seen one half before and
  // meets another half after it.
  void forget_all();

  // The store says that there is no such object: whether that is to be believed.
  bool believe_missing(std::string_view key, Clock::time_point now);
  // What a read says of it now: kStale when it is not.
  Status doubt_missing(std::string_view key);

  // Whether see() would find a change.
  bool differs(std::string_view key, std::string_view version) const;

  // Up to `most` of the names that are kept, other ones each time until all have had their turn.
  std::vector<std::string> next_names(size_t most);

 private:
  static constexpr size_t kSlots = size_t{1} << 18;
  static constexpr size_t kWays = 8;
  static constexpr size_t kMostNames = 4096;
  struct Slot {
    uint64_t key;      // a hash; 0: none
    uint64_t version;  // a hash; 0: the object does not exist
    int64_t denied;    // when the store first denied it since it was there; 0: it did not
  };

  // The number of the object's slot, or of the one to put it into.
  size_t find_locked(uint64_t key) const;
  void keep_name_locked(std::string_view key);

  const std::function<void()> changed_;
  const bool doubts_;
  mutable std::mutex mutex_;
  LazyArray<Slot> slots_;                       // guarded by mutex_
  std::deque<std::string> names_;               // guarded by mutex_, oldest first
  std::unordered_set<std::string_view> named_;  // guarded by mutex_: what is in names_
  size_t turn_ = 0;                             // guarded by mutex_: of names_
};

}  // namespace neurofs
