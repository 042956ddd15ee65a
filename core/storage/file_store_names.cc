// FileStore: what works on names and whole files: stat, list, put, write_at, remove.

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <limits>
#include <map>

#include "core/base/checked.h"
#include "core/storage/descriptor_wait.h"
#include "core/storage/errno_status.h"
#include "core/storage/file_store.h"
#include "core/storage/file_version.h"
#include "core/storage/key.h"
#include "core/storage/uring_reader.h"

namespace neurofs {
namespace {

// Half-written objects of put(): never listed, left behind only by a crash.
constexpr std::string_view kTemporaryPrefix = ".neurofs-tmp.";

// Failing costs a reader the difference between two versions, as any other program's write does.
void stamp_now(int fd) {
  timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {}};
  ::clock_gettime(CLOCK_REALTIME, &times[1]);
  (void)::futimens(fd, times);
}

// errno, 0 when all of it is written.
int write_all(int fd, Bytes bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes = bytes.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return 0;
}

// Grows a file, never shrinks it: the lock keeps writers of this and other processes from growing
// it between the look and the truncation. errno, or 0.
int grow_to(int fd, uint64_t size) {
  struct stat info = {};
  if (::fstat(fd, &info) != 0) return errno;
  if (static_cast<uint64_t>(info.st_size) >= size) return 0;
  while (::flock(fd, LOCK_EX) != 0) {
    if (errno != EINTR) return errno;
  }
  int error = ::fstat(fd, &info) != 0 ? errno : 0;
  if (error == 0 && static_cast<uint64_t>(info.st_size) < size &&
      ::ftruncate(fd, static_cast<off_t>(size)) != 0) {
    error = errno;
  }
  ::flock(fd, LOCK_UN);
  return error;
}

enum class EntryKind : uint8_t { kObject, kPrefix, kHidden };

EntryKind kind_of(const RootedDir& root, const std::string& path, unsigned char type,
                  bool* starved) {
  if (type == DT_REG) return EntryKind::kObject;
  if (type == DT_DIR) return EntryKind::kPrefix;
  if (type != DT_LNK && type != DT_UNKNOWN) return EntryKind::kHidden;
  const int opened = root.open_beneath(path, O_PATH);
  *starved = out_of_descriptors(-opened);
  const UniqueFd fd(opened);
  struct stat info = {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return EntryKind::kHidden;
  if (S_ISREG(info.st_mode)) return EntryKind::kObject;
  return S_ISDIR(info.st_mode) ? EntryKind::kPrefix : EntryKind::kHidden;
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

}  // namespace

Status FileStore::check_writable(std::string_view key) const {
  NF_TRY(check_key(key));
  if (base_name(key).starts_with(kTemporaryPrefix)) {
    return invalid_argument(doing("writing", key) + ": this name is kept for temporary files");
  }
  if (options_.writable) return {};
  return {Code::kReadOnly, doing("writing", key) + ": the store was opened read-only"};
}

Result<ObjectInfo> FileStore::stat(std::string_view key) {
  NF_TRY(check_key(key));
  for (DescriptorWait wait(files_);;) {
    bool starved = false;
    auto info = stat_once(key, &starved);
    if (!starved || !wait.again()) return info;
  }
}

Result<ObjectInfo> FileStore::stat_once(std::string_view key, bool* starved) {
  const int opened = root_.open_beneath(std::string(key), O_PATH);
  *starved = out_of_descriptors(-opened);
  if (opened == -ENOENT || opened == -ENOTDIR) {
    const Status proof = root_.prove_missing(key, starved);
    if (!proof.ok()) return proof.with_context(doing("looking for", key));
    return ObjectInfo{};
  }
  if (opened < 0) return errno_status(-opened, doing("looking for", key));
  const UniqueFd fd(opened);
  struct stat info = {};
  if (::fstat(fd.get(), &info) != 0) return errno_status(errno, doing("looking at", key));
  if (!S_ISREG(info.st_mode)) {
    return io_error(doing("looking at", key) + ": it is " + file_kind(info.st_mode) +
                    ", and only regular files are objects");
  }
  ObjectInfo object;
  object.exists = true;
  const FileVersion version = FileVersion::of(info);
  object.size = version.size;
  object.modified_ns = version.modified_ns;
  object.version = version.text();
  return object;
}

Result<std::vector<ListEntry>> FileStore::list(std::string_view prefix, size_t limit) {
  NF_TRY(check_prefix(prefix));
  for (DescriptorWait wait(files_);;) {
    bool starved = false;
    auto entries = list_once(prefix, limit, &starved);
    if (!starved || !wait.again()) return entries;
  }
}

Result<std::vector<ListEntry>> FileStore::list_once(std::string_view prefix, size_t limit,
                                                    bool* starved) {
  const std::string path = prefix.empty() ? "." : std::string(prefix);
  const int opened = root_.open_beneath(path, O_RDONLY | O_DIRECTORY);
  *starved = out_of_descriptors(-opened);
  if (opened == -ENOENT) {
    NF_TRY(root_.prove_missing(path, starved).with_context(doing("listing", prefix)));
  }
  if (opened == -ENOENT || opened == -ENOTDIR) return std::vector<ListEntry>();
  if (opened < 0) return errno_status(-opened, doing("listing", prefix));
  UniqueFd fd(opened);
  const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(fd.get()));
  if (!dir) return errno_status(errno, doing("listing", prefix));
  fd.release();
  // Only the first `limit` names are held, however many there are.
  std::map<std::string, bool> first;
  for (errno = 0; const dirent* entry = ::readdir(dir.get()); errno = 0) {
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || name.starts_with(kTemporaryPrefix)) continue;
    if (first.size() >= limit && (limit == 0 || name > first.rbegin()->first)) continue;
    const EntryKind kind =
        kind_of(root_, prefix.empty() ? name : path + "/" + name, entry->d_type, starved);
    if (*starved) return errno_status(EMFILE, doing("listing", prefix));
    if (kind == EntryKind::kHidden) continue;
    first.emplace(name, kind == EntryKind::kPrefix);
    if (first.size() > limit) first.erase(std::prev(first.end()));
  }
  if (errno != 0) return errno_status(errno, doing("listing", prefix));
  if (first.empty()) NF_TRY(root_.check_alive().with_context(doing("listing", prefix)));
  std::vector<ListEntry> entries;
  for (const auto& [name, is_prefix] : first) entries.push_back({name, is_prefix});
  return entries;
}

Status FileStore::put(std::string_view key, Bytes bytes) {
  NF_TRY(check_writable(key));
  static std::atomic<uint64_t> serial{0};
  const std::string what = doing("writing", key);
  auto parent = root_.open_parent(key, true);
  if (!parent.ok()) return parent.status().with_context(what);
  const std::string temporary = std::string(kTemporaryPrefix) + std::to_string(::getpid()) + "." +
                                std::to_string(serial.fetch_add(1));
  const UniqueFd fd(::openat(parent->get(), temporary.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!fd) return errno_status(errno, what);
  int error = write_all(fd.get(), bytes, 0);
  if (error == 0 && ::renameat(parent->get(), temporary.c_str(), parent->get(),
                               std::string(base_name(key)).c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    ::unlinkat(parent->get(), temporary.c_str(), 0);
    return errno_status(error, what);
  }
  files_.forget(key);
  return {};
}

Status FileStore::write_at(std::string_view key, uint64_t offset, Bytes bytes, uint64_t min_size) {
  NF_TRY(check_writable(key));
  const std::string what = "writing " + describe_read(url_, key, {offset, bytes.size()});
  uint64_t end = 0;
  if (!checked_add<uint64_t>(offset, bytes.size(), &end) ||
      std::max(end, min_size) > uint64_t{std::numeric_limits<int64_t>::max()}) {
    return overflow(what + ": no file is that large");
  }
  const std::string path(key);
  constexpr int kFlags = O_RDWR | O_CREAT | O_NOCTTY;
  int opened = root_.open_beneath(path, kFlags, 0666);
  if (opened == -ENOENT) {
    auto parent = root_.open_parent(key, true);
    if (!parent.ok()) return parent.status().with_context(what);
    opened = root_.open_beneath(path, kFlags, 0666);
  }
  if (opened < 0) return errno_status(-opened, what);
  const UniqueFd fd(opened);
  struct stat info = {};
  if (::fstat(fd.get(), &info) != 0) return errno_status(errno, what);
  if (!S_ISREG(info.st_mode)) return io_error(what + ": it is " + file_kind(info.st_mode));
  int error = write_all(fd.get(), bytes, offset);
  if (error == 0) error = grow_to(fd.get(), min_size);
  // The kernel's own stamp may be that of a write before, a tick long on older kernels.
  if (error == 0) stamp_now(fd.get());
  return error == 0 ? Status() : errno_status(error, what);
}

Status FileStore::remove(std::string_view key) {
  NF_TRY(check_writable(key));
  auto parent = root_.open_parent(key, false);
  if (parent.status().code() == Code::kNotFound) return {};
  if (!parent.ok()) return parent.status().with_context(doing("removing", key));
  if (::unlinkat(parent->get(), std::string(base_name(key)).c_str(), 0) != 0 && errno != ENOENT) {
    return errno_status(errno, doing("removing", key));
  }
  files_.forget(key);
  return {};
}

}  // namespace neurofs
