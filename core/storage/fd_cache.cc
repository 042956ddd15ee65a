#include "core/storage/fd_cache.h"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <vector>

#include "core/storage/errno_status.h"

namespace neurofs {
namespace {

// Coarse: the hit path asks, and a few milliseconds do not matter.
int64_t now_ms() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

}  // namespace

FdCache::FdCache(const RootedDir& root, OpenFilePolicy policy, size_t capacity,
                 std::chrono::milliseconds max_age)
    : root_(root), policy_(policy), max_age_(max_age), capacity_(std::max<size_t>(1, capacity)) {}

FdCache::Shard& FdCache::shard_of(std::string_view key) {
  return shards_[std::hash<std::string_view>()(key) % kShards];
}

FdCache::Lookup FdCache::acquire(std::string_view key) {
  uint64_t forgets = 0;
  if (auto file = find(key, &forgets)) return {{std::move(file), 0, nullptr}, true};
  std::string owned(key);
  auto opened = OpenFile::open(root_, owned, policy_);
  if (out_of_descriptors(opened.error)) {
    shrink();
    opened = OpenFile::open(root_, owned, policy_);
  }
  if (opened.file) insert(std::move(owned), opened.file, forgets);
  return {std::move(opened), false};
}

std::shared_ptr<OpenFile> FdCache::find(std::string_view key, uint64_t* forgets) {
  Shard& shard = shard_of(key);
  std::shared_ptr<OpenFile> stale;  // closed after the lock
  const std::lock_guard lock(shard.mutex);
  *forgets = shard.forgets;
  const auto it = shard.index.find(key);
  if (it == shard.index.end()) return nullptr;
  const auto entry = it->second;
  if (now_ms() - entry->opened_ms > max_age_.count()) {
    stale = std::move(entry->file);
    shard.index.erase(it);
    shard.entries.erase(entry);
    return nullptr;
  }
  shard.entries.splice(shard.entries.begin(), shard.entries, entry);
  return entry->file;
}

void FdCache::insert(std::string key, std::shared_ptr<OpenFile> file, uint64_t forgets) {
  Shard& shard = shard_of(key);
  const size_t share = std::max<size_t>(1, capacity() / kShards);
  std::list<Entry> leaving;  // closed after the lock
  const std::lock_guard lock(shard.mutex);
  if (shard.forgets != forgets) return;  // perhaps of this key: the file may be an old one
  if (const auto it = shard.index.find(key); it != shard.index.end()) {
    const auto entry = it->second;
    shard.index.erase(it);
    leaving.splice(leaving.end(), shard.entries, entry);
  }
  shard.entries.push_front({std::move(key), std::move(file), now_ms()});
  shard.index.emplace(shard.entries.front().key, shard.entries.begin());
  while (shard.entries.size() > share) {
    shard.index.erase(shard.entries.back().key);
    leaving.splice(leaving.end(), shard.entries, std::prev(shard.entries.end()));
  }
}

void FdCache::forget(std::string_view key) {
  Shard& shard = shard_of(key);
  std::list<Entry> leaving;
  const std::lock_guard lock(shard.mutex);
  ++shard.forgets;
  const auto it = shard.index.find(key);
  if (it == shard.index.end()) return;
  const auto entry = it->second;
  shard.index.erase(it);
  leaving.splice(leaving.end(), shard.entries, entry);
}

void FdCache::forget_all() {
  for (Shard& shard : shards_) {
    std::list<Entry> leaving;
    const std::lock_guard lock(shard.mutex);
    ++shard.forgets;
    shard.index.clear();
    leaving.swap(shard.entries);
  }
}

void FdCache::shrink() {
  capacity_.store(std::max<size_t>(1, size() / 2), std::memory_order_relaxed);
  for (Shard& shard : shards_) {
    std::list<Entry> leaving;
    const std::lock_guard lock(shard.mutex);
    shard.index.clear();
    leaving.swap(shard.entries);
  }
}

size_t FdCache::size() const {
  size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum += shard.entries.size();
  }
  return sum;
}

}  // namespace neurofs
