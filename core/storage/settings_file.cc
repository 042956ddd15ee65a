#include "core/storage/settings_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/storage/errno_status.h"
#include "core/storage/key.h"
#include "core/storage/unique_fd.h"

namespace neurofs {

Result<SettingsFile> read_settings_file(const std::string& path, size_t limit) {
  const std::string doing = "reading the file " + quote_key(path);
  // Without waiting for who writes into a pipe.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return not_found(doing + ": it is not there");
    return errno_status(errno, doing);
  }
  struct stat info = {};
  if (::fstat(fd.get(), &info) != 0) return errno_status(errno, doing);
  if (!S_ISREG(info.st_mode)) return invalid_argument(doing + ": it is not a regular file");
  SettingsFile file;
  file.open_to_others = (info.st_mode & 077) != 0;
  file.text.resize(limit + 1);
  size_t size = 0;
  while (size < file.text.size()) {
    const ssize_t n = ::read(fd.get(), file.text.data() + size, file.text.size() - size);
    if (n == 0) break;
    if (n > 0) {
      size += static_cast<size_t>(n);
    } else if (errno != EINTR) {
      return errno_status(errno, doing);
    }
  }
  if (size > limit) {
    return invalid_argument(doing + ": it has more than " + std::to_string(limit) + " bytes");
  }
  file.text.resize(size);
  return file;
}

}  // namespace neurofs
