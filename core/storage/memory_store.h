// MemoryStore: objects in RAM, for tests and examples.
//
// Purpose: a store without a disk, into which a test plants any bytes under any key.
// `memory://NAME` names one store in this process, made when first opened and kept until exit, so
// that what was put is found again; `memory://` is a new store that nobody else sees.
// Thread-safety: every method from any thread. Ownership: copies what it is given.
// StoreOptions::writable is not enforced: the handles of one name are one object.
#pragma once

#include <map>
#include <shared_mutex>

#include "core/storage/object_store.h"
#include "core/storage/store_counters.h"

namespace neurofs {

class MemoryStore : public ObjectStore {
 public:
  explicit MemoryStore(std::string name = {}, Metrics* metrics = nullptr);

  std::string url() const override { return url_; }
  std::vector<std::pair<std::string, std::string>> describe() const override;
  void read(std::span<ReadOp> batch) override;
  Result<ObjectInfo> stat(std::string_view key) override;
  Result<std::vector<ListEntry>> list(std::string_view prefix, size_t limit) override;
  Status put(std::string_view key, Bytes bytes) override;
  Status write_at(std::string_view key, uint64_t offset, Bytes bytes, uint64_t min_size) override;
  bool can_write_at() const override { return true; }
  Status remove(std::string_view key) override;

  // For tests: put() of text, without a status to check; and a copy of an object ("" if missing).
  void plant(std::string_view key, std::string_view text);
  ByteVector bytes(std::string_view key) const;
  size_t object_count() const;

 private:
  struct Object {
    ByteVector bytes;
    uint64_t version = 0;
  };
  void read_one(ReadOp& op) const;

  const std::string url_;
  StoreCounters counters_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Object, std::less<>> objects_;  // guarded by mutex_
  uint64_t next_version_ = 1;                           // guarded by mutex_
};

}  // namespace neurofs
