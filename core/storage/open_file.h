// OpenFile: a regular file opened for reading, and what its file system wants of direct I/O.
//
// Thread-safety: every method from any thread. Ownership: owns the descriptor; shared by the fd
// cache and the reads in flight. Units: bytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "core/base/result.h"
#include "core/storage/file_version.h"
#include "core/storage/local_object.h"
#include "core/storage/unique_fd.h"

namespace neurofs {

class RootedDir;

struct OpenFilePolicy {
  bool direct_io = true;
  // 0: as statx says, 4096 where it does not. Else this, for tests.
  uint32_t direct_alignment = 0;
};

class OpenFile final : public LocalObject {
 public:
  struct Opened {
    std::shared_ptr<OpenFile> file;  // null on failure
    int error = 0;                   // errno
    const char* reason = nullptr;    // when the errno does not say it: "is a FIFO"
  };
  static Opened open(const RootedDir& root, const std::string& key, const OpenFilePolicy& policy);

  int fd() const override { return fd_.get(); }
  bool direct() const { return direct_.load(std::memory_order_relaxed); }
  // What offsets and lengths, and memory, must be multiples of; 1 when not direct.
  uint32_t offset_alignment() const { return direct() ? offset_alignment_ : 1; }
  uint32_t memory_alignment() const { return direct() ? memory_alignment_ : 1; }

  // Goes on through the page cache: for files whose file system takes O_DIRECT at open and refuses
  // the read.
  void make_buffered();

  // What it is now: 0 or errno.
  int look(FileVersion* now) const;
  Result<std::string> version() const override;
  // Size now, or -errno.
  int64_t size() const;

 private:
  OpenFile(UniqueFd fd, bool direct) : fd_(std::move(fd)), direct_(direct) {}
  int inspect(uint32_t direct_alignment, const char** reason);

  const UniqueFd fd_;
  std::atomic<bool> direct_;
  uint32_t offset_alignment_ = 1;
  uint32_t memory_alignment_ = 1;
};

// "a FIFO", "a directory": what a mode is, for messages.
const char* file_kind(unsigned mode);

}  // namespace neurofs
