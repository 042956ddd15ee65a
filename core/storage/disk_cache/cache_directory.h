// CacheDirectory: the directory of a disk cache, and the numbered part of it that this process locks.
//
// Purpose: what is trusted is a directory that is ours alone (0700, our user, no link at its end), and in it
// parts "0", "1", ... each with a lock file and one data file "data-SEGMENTBYTES". Locks are those of open file
// descriptions (F_OFD_SETLK): they end with the process, however it ends.
// Thread-safety: none; one thread. Ownership: holds descriptors; the lock goes with it.
// Errors: kPermission for what is not safe, saying why; others as the system says.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/storage/unique_fd.h"

namespace neurofs {

struct CacheSlot {
  unsigned number = 0;
  UniqueFd dir;
  UniqueFd lock;
};

struct CacheSlotUse {
  unsigned number = 0;
  bool locked = false;  // by another process, or another opener in this one
  uint64_t bytes = 0;   // on disk
};

class CacheDirectory {
 public:
  static constexpr unsigned kMostSlots = 64;

  static Result<CacheDirectory> open(const std::string& path, bool create);

  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

  // The lowest part that nobody holds; made when `create`.
  Result<CacheSlot> take() const;
  // That part, made when missing; its lock is empty when somebody else holds it.
  Result<CacheSlot> open_slot(unsigned number, bool create, bool take_lock) const;
  std::vector<CacheSlotUse> uses() const;
  // Removes the data files of a part; `keep` is a name that stays.
  static void remove_data(int slot_dir, const std::string& keep);
  // Segment sizes of the data files of a part.
  static std::vector<uint64_t> data_files(int slot_dir);
  static std::string data_name(uint64_t segment_bytes) {
    return "data-" + std::to_string(segment_bytes);
  }

 private:
  CacheDirectory(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
};

}  // namespace neurofs
