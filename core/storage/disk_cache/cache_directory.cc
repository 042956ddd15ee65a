#include "core/storage/disk_cache/cache_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <memory>

#include "core/storage/errno_status.h"

namespace neurofs {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct flock whole_file(short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

Status check_ours(int fd, const std::string& path) {
  struct stat info = {};
  if (::fstat(fd, &info) != 0) return errno_status(errno, "looking at the cache directory " + path);
  if (info.st_uid != ::geteuid()) {
    return {Code::kPermission, "the cache directory " + path + " belongs to user " +
                                   std::to_string(info.st_uid) + ", not to us (" +
                                   std::to_string(::geteuid()) + "); name another directory"};
  }
  if ((info.st_mode & 0077) != 0) {
    return {Code::kPermission, "the cache directory " + path +
                                   " is open to other users, who could plant data in it; run "
                                   "chmod 700 on it, or name another directory"};
  }
  return {};
}

// Calls visit(name) for every name in a directory.
template <typename Visit>
void each_name(int dir, Visit visit) {
  const int copy = ::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), ::closedir);
  if (!stream) {
    ::close(copy);
    return;
  }
  while (const dirent* entry = ::readdir(stream.get())) visit(std::string_view(entry->d_name));
}

uint64_t segment_bytes_of(std::string_view name) {
  constexpr std::string_view kPrefix = "data-";
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  uint64_t bytes = 0;
  const auto end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data(), end, bytes);
  return parsed.ec == std::errc() && parsed.ptr == end ? bytes : 0;
}

}  // namespace

Result<CacheDirectory> CacheDirectory::open(const std::string& path, bool create) {
  if (create && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return errno_status(errno, "making the cache directory " + path);
  }
  UniqueFd fd(::open(path.c_str(), kDirectoryFlags));
  if (!fd) {
    if (errno == ENOENT) return not_found("there is no cache directory " + path);
    if (errno == ELOOP || errno == ENOTDIR) {
      return Status(Code::kPermission,
                    "the cache directory " + path +
                        " is a symbolic link, or no directory; name the directory itself");
    }
    return errno_status(errno, "opening the cache directory " + path);
  }
  NF_TRY(check_ours(fd.get(), path));
  return CacheDirectory(path, std::move(fd));
}

Result<CacheSlot> CacheDirectory::open_slot(unsigned number, bool create, bool take_lock) const {
  const std::string name = std::to_string(number);
  const std::string where = path_ + "/" + name;
  if (create && ::mkdirat(fd(), name.c_str(), 0700) != 0 && errno != EEXIST) {
    return errno_status(errno, "making " + where);
  }
  CacheSlot slot;
  slot.number = number;
  slot.dir = UniqueFd(::openat(fd(), name.c_str(), kDirectoryFlags));
  if (!slot.dir) {
    if (errno == ENOENT) return not_found("there is no " + where);
    return errno_status(errno, "opening " + where);
  }
  NF_TRY(check_ours(slot.dir.get(), where));
  const int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | (create ? O_CREAT : 0);
  UniqueFd lock(::openat(slot.dir.get(), "lock", flags, 0600));
  if (!lock) {
    if (errno == ENOENT && !create) return slot;
    return errno_status(errno, "opening the lock of " + where);
  }
  struct flock wanted = whole_file(F_WRLCK);
  if (!take_lock || ::fcntl(lock.get(), F_OFD_SETLK, &wanted) == 0) {
    slot.lock = std::move(lock);
  } else if (errno != EAGAIN && errno != EACCES) {
    return errno_status(errno, "locking " + where);
  }
  return slot;
}

Result<CacheSlot> CacheDirectory::take() const {
  for (unsigned number = 0; number < kMostSlots; ++number) {
    NF_ASSIGN(CacheSlot slot, open_slot(number, true, true));
    if (slot.lock) return slot;
  }
  return io_error("all parts of the cache directory " + path_ + " are in use");
}

std::vector<CacheSlotUse> CacheDirectory::uses() const {
  std::vector<CacheSlotUse> uses;
  for (unsigned number = 0; number < kMostSlots; ++number) {
    const auto slot = open_slot(number, false, false);
    if (!slot.ok()) continue;
    CacheSlotUse use;
    use.number = number;
    struct flock lock = whole_file(F_WRLCK);
    if (slot->lock && ::fcntl(slot->lock.get(), F_OFD_GETLK, &lock) == 0) {
      use.locked = lock.l_type != F_UNLCK;
    }
    for (const uint64_t bytes : data_files(slot->dir.get())) {
      struct stat info = {};
      if (::fstatat(slot->dir.get(), data_name(bytes).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
        use.bytes += static_cast<uint64_t>(info.st_blocks) * 512;
      }
    }
    uses.push_back(use);
  }
  return uses;
}

std::vector<uint64_t> CacheDirectory::data_files(int slot_dir) {
  std::vector<uint64_t> sizes;
  each_name(slot_dir, [&](std::string_view name) {
    if (const uint64_t bytes = segment_bytes_of(name); bytes > 0) sizes.push_back(bytes);
  });
  return sizes;
}

void CacheDirectory::remove_data(int slot_dir, const std::string& keep) {
  for (const uint64_t bytes : data_files(slot_dir)) {
    const std::string name = data_name(bytes);
    if (name != keep) ::unlinkat(slot_dir, name.c_str(), 0);
  }
}

}  // namespace neurofs
