#include "core/engine/object_versions.h"

#include <algorithm>
#include <functional>

namespace neurofs {
namespace {

uint64_t key_hash(std::string_view key) {
  return std::hash<std::string_view>()(key) | 1;
}

uint64_t version_hash(std::string_view version) {
  return version.empty() ? 0 : std::hash<std::string_view>()(version) | 1;
}

}  // namespace

size_t ObjectVersions::find_locked(uint64_t key) const {
  const size_t first = (key >> 1) % (kSlots / kWays) * kWays;
  size_t free = first + (key >> 40) % kWays;  // of a full set, one by chance
  for (size_t i = first; i < first + kWays; ++i) {
    if (slots_[i].key == key) return i;
    if (slots_[i].version == 0) free = i;
  }
  return free;
}

void ObjectVersions::see(std::string_view key, std::string_view version) {
  const uint64_t object = key_hash(key);
  const uint64_t seen = version_hash(version);
  const std::lock_guard lock(mutex_);
  keep_name_locked(key);
  Slot& slot = slots_[find_locked(object)];
  if (slot.key == object && slot.version != seen) changed_();
  slot = {object, seen, 0};
}

void ObjectVersions::forget_all() {
  const std::lock_guard lock(mutex_);
  slots_ = LazyArray<Slot>(kSlots);
  changed_();
}

bool ObjectVersions::believe_missing(std::string_view key, Clock::time_point now) {
  if (!doubts_) return true;
  const uint64_t object = key_hash(key);
  const int64_t at = now.time_since_epoch().count();
  const std::lock_guard lock(mutex_);
  Slot& slot = slots_[find_locked(object)];
  if (slot.key != object || slot.version == 0) return true;
  if (slot.denied == 0) slot.denied = at;
  return Clock::duration(at - slot.denied) >= kDoubt;
}

Status ObjectVersions::doubt_missing(std::string_view key) {
  if (believe_missing(key, Clock::now())) return {};
  return {Code::kStale, "object " + std::string(key) +
                            " was there and the store now denies it; it is being replaced, or has "
                            "been deleted"};
}

bool ObjectVersions::differs(std::string_view key, std::string_view version) const {
  const uint64_t object = key_hash(key);
  const std::lock_guard lock(mutex_);
  const Slot& slot = slots_[find_locked(object)];
  return slot.key == object && slot.version != version_hash(version);
}

void ObjectVersions::keep_name_locked(std::string_view key) {
  if (named_.contains(key)) return;
  named_.insert(names_.emplace_back(key));
  if (names_.size() <= kMostNames) return;
  named_.erase(names_.front());
  names_.pop_front();
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
