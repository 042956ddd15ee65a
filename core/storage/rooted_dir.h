// RootedDir: a directory out of which no path leads.
//
// Purpose: every file of a `file://` store is opened here, by openat2(2) with RESOLVE_BENEATH and
// RESOLVE_NO_MAGICLINKS: the kernel checks each step, so there is no window between a check and the
// open. Symbolic links that stay beneath the root work.
// Thread-safety: every method from any thread. Ownership: owns the directory's descriptor.
// Paths are keys that passed check_key; "." is the root itself.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/storage/unique_fd.h"

namespace neurofs {

class RootedDir {
 public:
  // kNotFound when there is no such directory (and `create` is off), kInvalidArgument when it is
  // something else, kUnsupported when the system has no openat2.
  static Result<RootedDir> open(const std::string& path, bool create);

  // The descriptor, or -errno. Always close-on-exec and non-blocking, so that a FIFO does not hang.
  int open_beneath(const std::string& path, int flags, unsigned mode = 0) const;

  // kIoError when the root itself was removed: what it held is unknown then, not missing.
  Status check_alive() const;

  // After `path` could not be opened for ENOENT or ENOTDIR: ok when it is certain that no such
  // object is there. Else the root is gone, or a link in the path points to nothing, and what was
  // meant to be there is unknown. Sets *starved when the process had no descriptor to look with:
  // then ask again once one is free.
  Status prove_missing(std::string_view path, bool* starved) const;

  // The directory that holds `path`, made with its own parents if `make`.
  Result<UniqueFd> open_parent(std::string_view path, bool make) const;

 private:
  explicit RootedDir(UniqueFd root) : root_(std::move(root)) {}
  Status make_directory(const std::string& path) const;

  UniqueFd root_;
};

// The last component of a key.
std::string_view base_name(std::string_view key);

}  // namespace neurofs
