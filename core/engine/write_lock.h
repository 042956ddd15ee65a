// WriteLock: an advisory lock on a local field's directory, so that two writers do not meet.
//
// Purpose: FieldWriter and import hold one while they write; it goes away with the process. For stores
// that are not local it holds nothing. Also the handle through which written data is made durable.
// Thread-safety: take() once, before threads start; sync() from any thread.
// Errors: kIoError when another writer has the field, or when the system cannot sync.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace neurofs {

class WriteLock {
 public:
  WriteLock() = default;
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;
  ~WriteLock() {
    if (fd_ >= 0) ::close(fd_);
  }

  // `url`: of the field; its directory exists when it is local.
  Status take(const std::string& url) {
    constexpr std::string_view kScheme = "file://";
    if (!url.starts_with(kScheme)) return {};
    url_ = url;
    const std::string directory = url.substr(kScheme.size());
    fd_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd_ < 0) {
      return io_error(url + ": the directory cannot be opened to lock it: " + std::strerror(errno));
    }
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return {};  // a file system without locks
    return io_error(url + ": another writer has this field open; wait until it is done");
  }

  Status sync() const {
    if (fd_ < 0 || ::syncfs(fd_) == 0) return {};
    return io_error(url_ + ": the file system could not be synced: " + std::strerror(errno));
  }

 private:
  int fd_ = -1;
  std::string url_;
};

}  // namespace neurofs
