#include "core/storage/disk_cache/segment_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/storage/disk_cache/cache_directory.h"
#include "core/storage/errno_status.h"
#include "core/storage/rooted_dir.h"

namespace neurofs {

Result<std::unique_ptr<SegmentFile>> SegmentFile::open(int dir, const std::string& where,
                                                       uint64_t segment_bytes, bool create,
                                                       bool direct) {
  const std::string name = CacheDirectory::data_name(segment_bytes);
  const std::string doing = "opening " + where + "/" + name;
  const int flags = (create ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC;
  std::unique_ptr<SegmentFile> file(new SegmentFile(segment_bytes));
  file->fd_ = UniqueFd(::openat(dir, name.c_str(), flags | (direct ? O_DIRECT : 0), 0600));
  if (!file->fd_ && errno == EINVAL) {
    direct = false;
    file->fd_ = UniqueFd(::openat(dir, name.c_str(), flags, 0600));
  }
  if (!file->fd_) return errno_status(errno, doing);
  struct stat info = {};
  if (::fstat(file->fd_.get(), &info) != 0) return errno_status(errno, doing);
  if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid() || info.st_nlink != 1) {
    return Status(Code::kPermission, doing + ": it is not a plain file of ours; remove it");
  }
  NF_ASSIGN(const RootedDir root, RootedDir::open("/proc/self/fd/" + std::to_string(dir), false));
  auto opened = OpenFile::open(root, name, {.direct_io = direct});
  if (!opened.file) return errno_status(opened.error, doing);
  file->file_ = std::move(opened.file);
  return file;
}

uint32_t SegmentFile::segments() const {
  struct stat info = {};
  if (::fstat(fd_.get(), &info) != 0) return 0;
  return static_cast<uint32_t>(static_cast<uint64_t>(info.st_size) / segment_bytes_);
}

bool SegmentFile::linked() const {
  struct stat info = {};
  return ::fstat(fd_.get(), &info) == 0 && info.st_nlink > 0;
}

int SegmentFile::allocate(uint32_t segment) {
  const auto at = static_cast<off_t>(start(segment));
  const auto length = static_cast<off_t>(segment_bytes_);
  if (::fallocate(fd_.get(), 0, at, length) == 0) return 0;
  if (errno != EOPNOTSUPP) return errno;
  struct stat info = {};  // written sparsely then
  if (::fstat(fd_.get(), &info) != 0) return errno;
  return info.st_size >= at + length || ::ftruncate(fd_.get(), at + length) == 0 ? 0 : errno;
}

int SegmentFile::release(uint32_t segment) {
  const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  const auto at = static_cast<off_t>(start(segment));
  if (::fallocate(fd_.get(), mode, at, static_cast<off_t>(segment_bytes_)) == 0) return 0;
  return errno == EOPNOTSUPP ? 0 : errno;
}

int SegmentFile::write(uint32_t segment, uint64_t at, std::span<const iovec> parts) {
  std::vector<iovec> rest(parts.begin(), parts.end());
  auto offset = static_cast<off_t>(start(segment) + at);
  size_t first = 0;
  while (first < rest.size()) {
    const ssize_t n =
        ::pwritev(fd_.get(), &rest[first], static_cast<int>(rest.size() - first), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    offset += n;
    auto left = static_cast<size_t>(n);
    while (first < rest.size() && left >= rest[first].iov_len) left -= rest[first++].iov_len;
    if (first == rest.size()) break;
    rest[first].iov_base = static_cast<char*>(rest[first].iov_base) + left;
    rest[first].iov_len -= left;
  }
  return 0;
}

int SegmentFile::read(uint32_t segment, uint64_t at, MutableBytes aligned) const {
  auto offset = static_cast<off_t>(start(segment) + at);
  while (!aligned.empty()) {
    const ssize_t n = ::pread(file_->fd(), aligned.data(), aligned.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) {  // cut short: as if nothing had been written there
      std::fill(aligned.begin(), aligned.end(), std::byte{0});
      return 0;
    }
    offset += n;
    aligned = aligned.subspan(static_cast<size_t>(n));
  }
  return 0;
}

std::optional<SegmentRecords> SegmentFile::summary(uint32_t segment, MutableBytes page,
                                                   int* error) const {
  if ((*error = read(segment, segment_bytes_ - kCachePage, page)) != 0) return std::nullopt;
  const auto frame = peek_summary(page.last(kFrameBytes), segment_bytes_);
  if (!frame) return std::nullopt;
  const auto memory = make_aligned_buffer(frame->bytes);
  const MutableBytes bytes{memory.get(), frame->bytes};
  if ((*error = read(segment, segment_bytes_ - frame->bytes, bytes)) != 0) return std::nullopt;
  auto records = parse_summary(*frame, bytes, segment_bytes_);
  if (!records) return std::nullopt;
  return SegmentRecords{*frame, std::move(*records)};
}

std::optional<SegmentRecords> SegmentFile::records(uint32_t segment, int* error) const {
  const auto memory = make_aligned_buffer(kCachePage);
  const MutableBytes page{memory.get(), kCachePage};
  if ((*error = read(segment, 0, page)) != 0) return std::nullopt;
  auto group = peek_group(page, segment_bytes_);
  auto sealed = summary(segment, page, error);
  if (*error != 0) return std::nullopt;
  // A first group of another use of the place: the summary is what that use left behind.
  if (sealed && (!group || group->sequence == sealed->frame.sequence)) return sealed;
  if (!group || group->at != 0) return std::nullopt;
  SegmentRecords found{*group, {}};
  uint64_t at = 0;
  while (group && group->sequence == found.frame.sequence && group->at == at && group->bytes > 0) {
    const auto header = make_aligned_buffer(group->header_bytes);
    const MutableBytes bytes{header.get(), group->header_bytes};
    if ((*error = read(segment, at, bytes)) != 0) return std::nullopt;
    const auto records = parse_group(*group, bytes, segment_bytes_);
    if (!records) break;
    found.entries.insert(found.entries.end(), records->begin(), records->end());
    at += group->bytes;
    if (at + kCachePage > segment_bytes_) break;
    if ((*error = read(segment, at, page)) != 0) return std::nullopt;
    group = peek_group(page, segment_bytes_);
  }
  return found;
}

}  // namespace neurofs
