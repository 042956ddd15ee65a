#include "core/cache/device_share.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "core/cache/arena.h"

namespace neurofs {
namespace {

// How often another class's slabs are emptied for one slot, before it goes without.
constexpr int kMostSlabs = 4;
// Of keys or entries, under one hold of the lock: the RAM tier asks here with its own lock held.
constexpr uint32_t kAtOnce = 1024;

}  // namespace

DeviceShare::Use& DeviceShare::Use::operator=(Use&& other) noexcept {
  if (this != &other) {
    end();
    share_ = std::exchange(other.share_, nullptr);
    ticket_ = other.ticket_;
  }
  return *this;
}

void DeviceShare::Use::end() {
  if (share_ != nullptr) share_->end_use(ticket_);
  share_ = nullptr;
}

Result<std::unique_ptr<DeviceShare>> DeviceShare::open(std::shared_ptr<Device> device,
                                                       uint64_t bytes, const std::string& policy,
                                                       Counter& evictions) {
  const auto* plugin = PolicyRegistry::instance().find(policy);
  if (plugin == nullptr) return invalid_argument("unknown eviction policy '" + policy + "'");
  DeviceMemory memory;
  if (bytes > 0) {
    NF_ASSIGN(memory, device->allocate(bytes));
  }
  const uint64_t capacity =
      std::clamp<uint64_t>(bytes / slot_size_for(1), 1, uint64_t{kNoEntry} - 1);
  const auto entries = static_cast<uint32_t>(capacity);
  try {
    return std::unique_ptr<DeviceShare>(new DeviceShare(
        std::move(device), std::move(memory), entries, plugin->factory(entries), evictions));
  } catch (const std::bad_alloc&) {
    return no_memory("cannot reserve the tables of a GPU tier of " + std::to_string(bytes) +
                     " bytes; lower --gpu-mem or raise ulimit -v");
  }
}

DeviceShare::DeviceShare(std::shared_ptr<Device> device, DeviceMemory memory, uint32_t capacity,
                         std::unique_ptr<EvictionPolicy> policy, Counter& evictions)
    : device_(std::move(device)),
      memory_(std::move(memory)),
      capacity_(capacity),
      evictions_(evictions),
      arena_(memory_.size()),
      policy_(std::move(policy)),
      buckets_(std::bit_ceil(uint64_t{capacity})),
      entries_(capacity) {
  bucket_mask_ = std::bit_ceil(uint64_t{capacity}) - 1;
}

DeviceShare::Use DeviceShare::begin_use() {
  const std::lock_guard lock(mutex_);
  uses_.insert(uses_.end(), next_ticket_);
  return {this, next_ticket_++};
}

void DeviceShare::end_use(uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  uses_.erase(ticket);
}

EntryId DeviceShare::find_locked(const BlockKey& key) const {
  uint32_t link = buckets_[hash_of(key) & bucket_mask_];
  while (link != 0 && !(entries_[link - 1].key == key)) link = entries_[link - 1].next;
  return link - 1;  // 0 wraps to kNoEntry
}

size_t DeviceShare::find(std::span<const BlockKey> keys, std::span<DevicePointer> addresses,
                         const Use& /*use*/) {
  size_t found = 0;
  for (size_t at = 0; at < keys.size(); at += kAtOnce) {
    const size_t n = std::min<size_t>(kAtOnce, keys.size() - at);
    found += find_some(keys.subspan(at, n), addresses.subspan(at, n));
  }
  return found;
}

size_t DeviceShare::find_some(std::span<const BlockKey> keys, std::span<DevicePointer> addresses) {
  const std::lock_guard lock(mutex_);
  size_t found = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    const EntryId id = find_locked(keys[i]);
    addresses[i] = 0;
    if (id == kNoEntry) continue;
    Entry& e = entries_[id];
    addresses[i] = address(e.slot);
    ++found;
    if (clock_ - e.last_touched > live_entries_ / kUnheardShare) {
      e.last_touched = clock_;
      policy_->touch(id);
    }
  }
  return found;
}

bool DeviceShare::contains(const BlockKey& key) const {
  const std::lock_guard lock(mutex_);
  return find_locked(key) != kNoEntry;
}

std::optional<DeviceShare::Slot> DeviceShare::take_slot(uint64_t bytes) {
  const uint64_t size = slot_size_for(bytes);
  const std::lock_guard lock(mutex_);
  if (size > memory_.size()) return std::nullopt;
  for (int slabs = 0;;) {
    reclaim_locked();
    if (auto slot = arena_.allocate(bytes)) return slot;
    // Enough is on its way out, but a queued kernel may still read it.
    if (retired_bytes_ >= size) return std::nullopt;
    const EntryId victim = policy_->victim();
    if (victim == kNoEntry) return std::nullopt;
    if (entries_[victim].slot.size == size) {
      evict_locked(victim);
    } else if (++slabs <= kMostSlabs) {
      evict_slab_locked(victim);
    } else {
      policy_->readmit(victim, hash_of(entries_[victim].key));
      return std::nullopt;
    }
  }
}

void DeviceShare::publish(const BlockKey& key, const Slot& slot) {
  const std::lock_guard lock(mutex_);
  if (find_locked(key) != kNoEntry) {
    arena_.free(slot);  // nobody has seen it
    return;
  }
  EntryId id = fresh_entries_;
  if (!free_entries_.empty()) {
    id = free_entries_.back();
    free_entries_.pop_back();
  } else {
    ++fresh_entries_;
  }
  uint32_t& head = buckets_[hash_of(key) & bucket_mask_];
  entries_[id] = {key, slot, head, ++clock_, true};
  head = id + 1;
  ++live_entries_;
  arena_.set_tag(slot, id);
  policy_->insert(id, hash_of(key), false);
}

void DeviceShare::give_back(const Slot& slot) {
  const std::lock_guard lock(mutex_);
  arena_.free(slot);
}

void DeviceShare::unlink_locked(EntryId id) {
  uint32_t* link = &buckets_[hash_of(entries_[id].key) & bucket_mask_];
  while (*link != id + 1) link = &entries_[*link - 1].next;
  *link = entries_[id].next;
}

void DeviceShare::evict_locked(EntryId id) {
  Entry& e = entries_[id];
  unlink_locked(id);
  e.live = false;
  arena_.set_tag(e.slot, DeviceArena::kNoTag);
  retired_.push_back({next_ticket_, e.slot});
  retired_bytes_ += e.slot.size;
  free_entries_.push_back(id);
  --live_entries_;
  evictions_.add();
}

// Another class needs the memory: all that lies beside the victim goes with it.
void DeviceShare::evict_slab_locked(EntryId id) {
  for (const EntryId beside : arena_.tags_beside(entries_[id].slot)) {
    policy_->remove(beside);
    evict_locked(beside);
  }
}

void DeviceShare::reclaim_locked() {
  const uint64_t oldest = uses_.empty() ? next_ticket_ : *uses_.begin();
  while (!retired_.empty() && retired_.front().ticket <= oldest) {
    arena_.free(retired_.front().slot);
    retired_bytes_ -= retired_.front().slot.size;
    retired_.pop_front();
  }
}

template <typename Predicate>
void DeviceShare::drop_if(const Predicate& predicate) {
  for (EntryId begin = 0, end = 0;; begin = end) {
    const std::lock_guard lock(mutex_);
    end = fresh_entries_ - begin > kAtOnce ? begin + kAtOnce : fresh_entries_;
    for (EntryId id = begin; id < end; ++id) {
      if (!entries_[id].live || !predicate(entries_[id].key.field)) continue;
      policy_->remove(id);
      evict_locked(id);
    }
    reclaim_locked();
    if (end == fresh_entries_) break;
  }
}

void DeviceShare::drop(std::span<const FieldId> fields) {
  drop_if(
      [fields](FieldId field) { return std::binary_search(fields.begin(), fields.end(), field); });
}

void DeviceShare::drop_all() {
  drop_if([](FieldId) { return true; });
}

std::vector<uint64_t> DeviceShare::list(FieldId field) const {
  std::vector<uint64_t> blocks;
  for (EntryId begin = 0, end = 0;; begin = end) {
    const std::lock_guard lock(mutex_);
    end = fresh_entries_ - begin > kAtOnce ? begin + kAtOnce : fresh_entries_;
    for (EntryId id = begin; id < end; ++id) {
      if (entries_[id].live && entries_[id].key.field == field) {
        blocks.push_back(entries_[id].key.block);
      }
    }
    if (end == fresh_entries_) break;
  }
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  return blocks;
}

uint64_t DeviceShare::used() const {
  const std::lock_guard lock(mutex_);
  return arena_.used();
}

}  // namespace neurofs
