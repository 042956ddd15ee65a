#include "fs/interned_nodes.h"

namespace neurofs {

Result<InternedNodes::Found> InternedNodes::intern(std::string_view key, const Make& make) {
  std::string owned(key);
  const size_t index = std::hash<std::string>()(owned) % kShards;
  Shard& shard = shards_[index];
  const std::lock_guard lock(shard.mutex);
  if (const auto known = shard.id_by_key.find(owned); known != shard.id_by_key.end()) {
    Entry& entry = shard.by_id.at(known->second);
    ++entry.lookups;
    return Found{NodeId(known->second), entry.node};
  }
  NF_ASSIGN(Ptr node, make());
  const uint64_t id = kFirstInterned + shard.next++ * kShards + index;
  const auto entry = shard.by_id.emplace(id, Entry{node, owned, 1}).first;
  try {
    shard.id_by_key.emplace(std::move(owned), id);
  } catch (...) {
    shard.by_id.erase(entry);
    throw;
  }
  return Found{NodeId(id), std::move(node)};
}

InternedNodes::Ptr InternedNodes::find(NodeId id) const {
  const Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  const auto it = shard.by_id.find(id.value());
  return it == shard.by_id.end() ? nullptr : it->second.node;
}

void InternedNodes::forget(NodeId id, uint64_t lookups) {
  Ptr last;  // destroyed after the lock
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  const auto it = shard.by_id.find(id.value());
  if (it == shard.by_id.end()) return;
  if (it->second.lookups > lookups) {
    it->second.lookups -= lookups;
    return;
  }
  last = std::move(it->second.node);
  shard.id_by_key.erase(it->second.key);
  shard.by_id.erase(it);
}

size_t InternedNodes::size() const {
  size_t total = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    total += shard.by_id.size();
  }
  return total;
}

void InternedNodes::for_each(const std::function<void(NodeId, const InternedNode&)>& visit) const {
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [id, entry] : shard.by_id) visit(NodeId(id), *entry.node);
  }
}

uint64_t interned_inode(std::string_view key) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a, 64 bits: fixed for ever, unlike std::hash
  for (const char c : key) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211u;
  }
  return (hash >> 2) | uint64_t{1} << 62;
}

}  // namespace neurofs
