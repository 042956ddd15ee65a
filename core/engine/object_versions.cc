#include "core/engine/object_versions.h"

#include <functional>

namespace neurofs {

void ObjectVersions::see(std::string_view key, std::string_view version) {
  const uint64_t key_hash = std::hash<std::string_view>()(key) | 1;
  const uint64_t version_hash = std::hash<std::string_view>()(version);
  const std::lock_guard lock(mutex_);
  Slot& slot = slots_[(key_hash >> 1) % kSlots];
  if (slot.key != key_hash) {
    // Nothing of an object that does not exist is in RAM.
    if (!version.empty()) slot = {key_hash, version_hash};
    return;
  }
  if (slot.version == version_hash) return;
  changed_();
  slot.version = version_hash;
  if (version.empty()) slot.key = 0;
}

}  // namespace neurofs
