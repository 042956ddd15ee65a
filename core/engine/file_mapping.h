// FileMapping: one file mapped read-only; FileMappings: a bounded set of them by key.
//
// Thread-safety: a FileMapping is immutable; FileMappings locks inside. Ownership: shared; a mapping
// lives as long as somebody holds it, whatever the set forgets. Units: bytes.
// Errors: kIoError naming the file. The file must lie beneath the root directory; symbolic links that
// lead out of it are refused (openat2, RESOLVE_BENEATH).
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace neurofs {

class FileMapping {
 public:
  FileMapping(const std::byte* data, size_t size, std::string version)
      : data_(data), size_(size), version_(std::move(version)) {}
  ~FileMapping();
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;
  Bytes bytes() const { return {data_, size_}; }
  // ObjectInfo::version when it was mapped.
  const std::string& version() const { return version_; }

 private:
  const std::byte* data_;
  size_t size_;
  std::string version_;
};

class FileMappings {
 public:
  FileMappings(std::string root, size_t most) : root_(std::move(root)), most_(most) {}
  Result<std::shared_ptr<const FileMapping>> get(const std::string& key);
  // The next get() maps what is there then.
  void forget(const std::string& key);

 private:
  Result<std::shared_ptr<const FileMapping>> map(const std::string& key) const;

  using Entry = std::pair<std::string, std::shared_ptr<const FileMapping>>;
  const std::string root_;
  const size_t most_;
  std::mutex mutex_;
  std::list<Entry> recent_;  // guarded by mutex_, newest first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;  // guarded by mutex_
};

}  // namespace neurofs
