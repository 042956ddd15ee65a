// ObjectVersions: which version of each object the blocks in RAM are of.
//
// Purpose: a chunk that is cut into blocks is loaded in parts, at different times; when its object is
// replaced in between, the parts must not be served side by side. Every load tells the version that
// it read; the first that differs has all blocks of the field forgotten before anybody hears of it.
// Bounded: kSlots objects at most (fewer when their hashes meet); of objects that were pushed out
// nothing is known, as if they had never been read. The names of the last kMostNames of them are kept,
// for who wants to look whether they have changed.
// Thread-safety: every method from any thread. Ownership: owns its table, whose pages come as they
// are used (16 bytes an object). Cost: one lock per call; on the load path only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
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

  // Up to `most` of the names that are kept, other ones each time until all have had their turn.
  std::vector<std::string> next_names(size_t most);

 private:
  static constexpr size_t kSlots = size_t{1} << 18;
  static constexpr size_t kMostNames = 4096;
  struct Slot {
    uint64_t key;      // a hash; 0: none
    uint64_t version;  // a hash
  };

  const std::function<void()> changed_;
  std::mutex mutex_;
  LazyArray<Slot> slots_;          // guarded by mutex_
  std::deque<std::string> names_;  // guarded by mutex_, oldest first; one may stand there twice
  size_t turn_ = 0;                // guarded by mutex_: of names_
};

}  // namespace neurofs
