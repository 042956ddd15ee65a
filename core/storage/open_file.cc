#include "core/storage/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <bit>
#include <cerrno>

#include "core/storage/errno_status.h"
#include "core/storage/rooted_dir.h"

namespace neurofs {
namespace {

constexpr uint32_t kSafeAlignment = 4096;

bool usable_alignment(uint32_t alignment) {
  return std::has_single_bit(alignment) && alignment <= kSafeAlignment;
}

}  // namespace

const char* file_kind(unsigned mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return S_ISREG(mode) ? "a file" : "no regular file";
}

OpenFile::Opened OpenFile::open(const RootedDir& root, const std::string& key,
                                const OpenFilePolicy& policy) {
  bool direct = policy.direct_io;
  int fd = root.open_beneath(key, O_RDONLY | O_NOCTTY | (direct ? O_DIRECT : 0));
  if (fd == -EINVAL && direct) {
    direct = false;
    fd = root.open_beneath(key, O_RDONLY | O_NOCTTY);
  }
  if (fd == -ENXIO) return {nullptr, ENXIO, "is a socket or a device without a driver"};
  if (fd < 0) return {nullptr, -fd, nullptr};
  std::shared_ptr<OpenFile> file(new OpenFile(UniqueFd(fd), direct));
  Opened opened;
  opened.error = file->inspect(policy.direct_alignment, &opened.reason);
  if (opened.error == 0) opened.file = std::move(file);
  return opened;
}

int OpenFile::inspect(uint32_t direct_alignment, const char** reason) {
  struct statx info = {};
  unsigned mask = STATX_TYPE;
#ifdef STATX_DIOALIGN
  mask |= STATX_DIOALIGN;
#endif
  if (::statx(fd(), "", AT_EMPTY_PATH, mask, &info) != 0) return errno;
  if (!S_ISREG(info.stx_mode)) {
    *reason = file_kind(info.stx_mode);
    return EINVAL;
  }
  offset_alignment_ = memory_alignment_ = kSafeAlignment;
#ifdef STATX_DIOALIGN
  if (direct() && (info.stx_mask & STATX_DIOALIGN) != 0) {
    offset_alignment_ = info.stx_dio_offset_align;
    memory_alignment_ = info.stx_dio_mem_align;
  }
#endif
  if (direct_alignment != 0) offset_alignment_ = memory_alignment_ = direct_alignment;
  // The kernel says 0 for a file that it will not read directly (encrypted, inline data).
  if (!usable_alignment(offset_alignment_) || !usable_alignment(memory_alignment_)) make_buffered();
  return 0;
}

void OpenFile::make_buffered() {
  const int flags = ::fcntl(fd(), F_GETFL);
  if (flags >= 0) ::fcntl(fd(), F_SETFL, flags & ~O_DIRECT);
  direct_.store(false, std::memory_order_relaxed);
}

int OpenFile::look(FileVersion* now) const {
  struct stat info = {};
  if (::fstat(fd(), &info) != 0) return errno;
  *now = FileVersion::of(info);
  return 0;
}

Result<std::string> OpenFile::version() const {
  FileVersion now;
  if (const int error = look(&now); error != 0) {
    return errno_status(error, "looking at a file that is open");
  }
  return now.text();
}

int64_t OpenFile::size() const {
  FileVersion now;
  const int error = look(&now);
  return error != 0 ? -error : static_cast<int64_t>(now.size);
}

}  // namespace neurofs
