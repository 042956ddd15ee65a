#include "core/storage/memory_store.h"

#include <cstring>
#include <mutex>
#include <utility>

#include "core/base/checked.h"
#include "core/storage/key.h"
#include "core/storage/resolve_read.h"
#include "core/storage/scatter.h"

namespace neurofs {
namespace {

constexpr std::string_view kPrefix = "memory://";
// A sparse write far out would allocate everything before it.
constexpr uint64_t kMaxObjectBytes = uint64_t{1} << 30;

Result<std::shared_ptr<ObjectStore>> open_memory_store(std::string_view url,
                                                       const StoreOptions& options) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<MemoryStore>, std::less<>> stores;
  const std::string name(url.substr(std::min(kPrefix.size(), url.size())));
  if (name.empty()) {
    return std::shared_ptr<ObjectStore>(std::make_shared<MemoryStore>(name, options.metrics));
  }
  const std::lock_guard lock(mutex);
  auto& store = stores[name];
  // Without the caller's metrics: the store outlives whoever opened it first.
  if (!store) store = std::make_shared<MemoryStore>(name);
  return std::shared_ptr<ObjectStore>(store);
}

const Registration<StoreRegistry> kMemory(
    "memory", "objects in this process's memory, for tests: memory://NAME", open_memory_store);

}  // namespace

MemoryStore::MemoryStore(std::string name, Metrics* metrics)
    : url_(std::string(kPrefix) + std::move(name)), counters_(metrics) {}

std::vector<std::pair<std::string, std::string>> MemoryStore::describe() const {
  return {{"io", "memory"}};
}

void MemoryStore::read(std::span<ReadOp> batch) {
  const std::shared_lock lock(mutex_);
  for (ReadOp& op : batch) {
    read_one(op);
    counters_.read_ops.add();
    if (op.outcome == ReadOp::Outcome::kError) counters_.errors.add();
    if (op.outcome != ReadOp::Outcome::kData) continue;
    const uint64_t bytes = op.whole != nullptr ? op.whole->size() : op.range.length;
    counters_.requested_bytes.add(bytes);
    counters_.read_bytes.add(bytes);
  }
}

void MemoryStore::read_one(ReadOp& op) const {
  op.status = {};
  if (Status status = check_key(op.key); !status.ok()) return fail(op, std::move(status));
  const auto it = objects_.find(op.key);
  if (it == objects_.end()) {
    op.outcome = ReadOp::Outcome::kMissing;
    return;
  }
  const Bytes bytes(it->second.bytes);
  const std::string version = std::to_string(it->second.version);
  if (Status same = check_version(op, op.if_version, version, url_); !same.ok())
    return fail(op, std::move(same));
  auto range = resolve_read(op, bytes.size(), url_);
  if (!range.ok()) return fail(op, range.status());
  const Bytes wanted = bytes.subspan(range->offset, range->length);
  if (op.whole != nullptr) {
    op.whole->assign(wanted.begin(), wanted.end());
  } else {
    scatter(wanted, op.dests);
  }
  op.outcome = ReadOp::Outcome::kData;
  if (op.seen != nullptr) *op.seen = {true, bytes.size(), version};
}

Result<ObjectInfo> MemoryStore::stat(std::string_view key) {
  NF_TRY(check_key(key));
  const std::shared_lock lock(mutex_);
  const auto it = objects_.find(key);
  if (it == objects_.end()) return ObjectInfo{};
  return ObjectInfo{true, it->second.bytes.size(), std::to_string(it->second.version)};
}

Result<std::vector<ListEntry>> MemoryStore::list(std::string_view prefix, size_t limit) {
  NF_TRY(check_prefix(prefix));
  const std::string base = prefix.empty() ? std::string() : std::string(prefix) + "/";
  // A set of its own: by key, "a-b" comes before "a/b", but by name "a" comes before "a-b".
  std::map<std::string, bool> children;
  const std::shared_lock lock(mutex_);
  for (auto it = objects_.lower_bound(base); it != objects_.end(); ++it) {
    if (!std::string_view(it->first).starts_with(base)) break;
    const std::string_view rest = std::string_view(it->first).substr(base.size());
    const size_t slash = rest.find('/');
    children[std::string(rest.substr(0, slash))] |= slash != std::string_view::npos;
  }
  std::vector<ListEntry> entries;
  for (const auto& [name, is_prefix] : children) {
    if (entries.size() == limit) break;
    entries.push_back({name, is_prefix});
  }
  return entries;
}

Status MemoryStore::put(std::string_view key, Bytes bytes) {
  NF_TRY(check_key(key));
  const std::lock_guard lock(mutex_);
  objects_.insert_or_assign(std::string(key),
                            Object{ByteVector(bytes.begin(), bytes.end()), next_version_++});
  return {};
}

Status MemoryStore::write_at(std::string_view key, uint64_t offset, Bytes bytes,
                             uint64_t min_size) {
  NF_TRY(check_key(key));
  uint64_t end = 0;
  if (!checked_add<uint64_t>(offset, bytes.size(), &end) ||
      std::max(end, min_size) > kMaxObjectBytes) {
    return no_memory("writing " + describe_read(url_, key, {offset, bytes.size()}) +
                     ": an object in memory has at most 1 GiB");
  }
  const std::lock_guard lock(mutex_);
  Object& object = objects_[std::string(key)];
  if (bytes.empty()) end = 0;
  object.bytes.resize(std::max<uint64_t>({object.bytes.size(), end, min_size}));
  if (!bytes.empty()) std::memcpy(object.bytes.data() + offset, bytes.data(), bytes.size());
  object.version = next_version_++;
  return {};
}

Status MemoryStore::remove(std::string_view key) {
  NF_TRY(check_key(key));
  const std::lock_guard lock(mutex_);
  if (const auto it = objects_.find(key); it != objects_.end()) objects_.erase(it);
  return {};
}

void MemoryStore::plant(std::string_view key, std::string_view text) {
  const std::lock_guard lock(mutex_);
  const Bytes bytes = std::as_bytes(std::span(text));
  objects_.insert_or_assign(std::string(key),
                            Object{ByteVector(bytes.begin(), bytes.end()), next_version_++});
}

ByteVector MemoryStore::bytes(std::string_view key) const {
  const std::shared_lock lock(mutex_);
  const auto it = objects_.find(key);
  return it == objects_.end() ? ByteVector() : it->second.bytes;
}

size_t MemoryStore::object_count() const {
  const std::shared_lock lock(mutex_);
  return objects_.size();
}

}  // namespace neurofs
