#include "core/engine/file_mapping.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/storage/file_version.h"
#include "core/storage/unique_fd.h"

namespace neurofs {
namespace {

Status failed(const std::string& what, const std::string& root, const std::string& key) {
  return io_error(what + " " + root + "/" + key + ": " + std::strerror(errno));
}

}  // namespace

FileMapping::~FileMapping() {
  if (size_ > 0) munmap(const_cast<std::byte*>(data_), size_);
}

Result<std::shared_ptr<const FileMapping>> FileMappings::map(const std::string& key) const {
  const UniqueFd root(open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (root.get() < 0) return failed("cannot open the directory of", root_, key);
  open_how how = {};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const UniqueFd file(
      static_cast<int>(syscall(SYS_openat2, root.get(), key.c_str(), &how, sizeof how)));
  if (file.get() < 0) return failed("cannot open", root_, key);
  struct stat info = {};
  if (fstat(file.get(), &info) != 0) return failed("cannot stat", root_, key);
  if (!S_ISREG(info.st_mode)) return io_error(root_ + "/" + key + " is not a regular file");
  const auto size = static_cast<size_t>(info.st_size);
  std::string version = FileVersion::of(info).text();
  if (size == 0) return std::make_shared<const FileMapping>(nullptr, 0, std::move(version));
  void* data = mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) return failed("cannot map", root_, key);
  return std::make_shared<const FileMapping>(static_cast<const std::byte*>(data), size,
                                             std::move(version));
}

Result<std::shared_ptr<const FileMapping>> FileMappings::get(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto it = by_key_.find(key);
  if (it != by_key_.end()) {
    recent_.splice(recent_.begin(), recent_, it->second);
    return it->second->second;
  }
  NF_ASSIGN(auto mapping, map(key));
  recent_.emplace_front(key, mapping);
  by_key_.emplace(key, recent_.begin());
  if (recent_.size() > most_) {
    by_key_.erase(recent_.back().first);
    recent_.pop_back();
  }
  return mapping;
}

void FileMappings::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return;
  recent_.erase(it->second);
  by_key_.erase(it);
}

}  // namespace neurofs
