#include "core/engine/object_versions.h"

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

std::vector<std::string> ObjectVersions::recent() const {
  const std::lock_guard lock(mutex_);
  return {names_.begin(), names_.end()};
}

}  // namespace neurofs
