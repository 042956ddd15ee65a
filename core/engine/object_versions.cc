#include "core/engine/object_versions.h"

#include <algorithm>
#include <functional>

namespace neurofs {

void ObjectVersions::see(std::string_view key, std::string_view version) {
  const uint64_t key_hash = std::hash<std::string_view>()(key) | 1;
  const uint64_t version_hash = std::hash<std::string_view>()(version);
  const std::lock_guard lock(mutex_);
  Slot& slot = slots_[(key_hash >> 1) % kSlots];
  if (slot.key != key_hash) {
    names_.emplace_back(key);
    if (names_.size() > kMostNames) names_.pop_front();
    slot = {key_hash, version_hash};
    return;
  }
  if (slot.version == version_hash) return;
  changed_();
  slot.version = version_hash;
}

std::vector<std::string> ObjectVersions::next_names(size_t most) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (size_t n = std::min(most, names_.size()); n > 0; --n) {
    if (turn_ >= names_.size()) turn_ = 0;
    names.push_back(names_[turn_++]);
  }
  return names;
}

}  // namespace neurofs
