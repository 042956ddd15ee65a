// ObjectVersions: which version of each object the blocks in RAM are of.
//
// Purpose: a chunk that is cut into blocks is loaded in parts, at different times; when its object is
// replaced in between, the parts must not be served side by side. Every load tells the version that
// it read; the first that differs has all blocks of the field forgotten before anybody hears of it.
// Bounded: kSlots objects, in sets of kWays; of an object that was pushed out of a full set (from about
// 100,000 objects on) nothing is known, as if it had never been read. Objects that do not exist are
// pushed out first. The names of the last kMostNames objects that were read are kept, for who wants
// to look whether they have changed.
// Thread-safety: every method from any thread. Ownership: owns its table, whose pages come as they
// are used. Cost: one lock per call; on the load path only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/lazy_array.h"

namespace neurofs {

class ObjectVersions {
 public:
  // `changed` runs under the lock: who sees a new version comes after what it does.
  explicit ObjectVersions(std::function<void()> changed)
      : changed_(std::move(changed)), slots_(kSlots) {}

  // `version` of the object was read; "" for an object that does not exist.
  void see(std::string_view key, std::string_view version);

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
  };

  // The number of the object's slot, or of the one to put it into.
  size_t find_locked(uint64_t key) const;
  void keep_name_locked(std::string_view key);

  const std::function<void()> changed_;
  mutable std::mutex mutex_;
  LazyArray<Slot> slots_;                       // guarded by mutex_
  std::deque<std::string> names_;               // guarded by mutex_, oldest first
  std::unordered_set<std::string_view> named_;  // guarded by mutex_: what is in names_
  size_t turn_ = 0;                             // guarded by mutex_: of names_
};

}  // namespace neurofs
