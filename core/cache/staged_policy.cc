#include "core/cache/staged_policy.h"

namespace neurofs {

void StagedPolicy::enter(EntryId entry, uint8_t place) {
  places_[entry] = place | kHere;
  ++size_;
  if (place == kOrdered) {
    order_->admit(entry);
  } else {
    stages_.push_front(place, entry);
  }
}

void StagedPolicy::take_out(EntryId entry) {
  const uint8_t place = places_[entry] & kPlaces;
  if (place == kOrdered) {
    order_->remove(entry);
  } else {
    stages_.unlink(place, entry);
  }
  places_[entry] = 0;
  --size_;
}

void StagedPolicy::touch(EntryId entry) {
  if (!is_here(entry)) {
    // A first read, should it come back: then it comes as one that has just been read.
    if (places_[entry] == (kUnread | kLeft) || places_[entry] == (kDemoted | kLeft)) {
      places_[entry] = 0;
    }
    return;
  }
  if ((places_[entry] & kPlaces) == kOrdered) return order_->touch(entry);
  take_out(entry);
  enter(entry, kOrdered);
}

bool StagedPolicy::unread_leaves() const {
  const EntryId oldest = stages_.back(kUnread);
  if (oldest == kNoEntry) return false;
  return stages_.size(kUnread) > size_ / 2 || clock_ - came_[oldest] > size_;
}

EntryId StagedPolicy::victim() {
  EntryId entry = stages_.pop_back(kDemoted);
  if (entry == kNoEntry && unread_leaves()) entry = stages_.pop_back(kUnread);
  if (entry == kNoEntry) entry = order_->victim();
  if (entry == kNoEntry) entry = stages_.pop_back(kUnread);
  return entry == kNoEntry ? entry : left(entry);
}

void StagedPolicy::readmit(EntryId entry, uint64_t key_hash) {
  if ((places_[entry] & kLeft) == 0) return insert(entry, key_hash, false);
  const uint8_t place = places_[entry] & kPlaces;
  if (place != kOrdered) {
    came_[entry] = clock_;
    return enter(entry, place);
  }
  places_[entry] = kOrdered | kHere;
  ++size_;
  order_->readmit(entry);
}

}  // namespace neurofs
