// MountedDirectory: the `neurofs` program serving a directory, for tests that read through the kernel.
//
// Ownership: unmounts and removes its mount point at the end of its life. Thread-safety: one thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace neurofs::model {

// Why nothing can be mounted here (no /dev/fuse, no rights), or "".
std::string why_no_mounts();

class MountedDirectory {
 public:
  // Runs `neurofs mount SOURCE POINT OPTIONS`, which returns when the mount answers. Throws with what
  // the program said when it does not.
  MountedDirectory(const std::filesystem::path& source, const std::filesystem::path& point,
                   const std::string& options);
  ~MountedDirectory();
  MountedDirectory(const MountedDirectory&) = delete;
  MountedDirectory& operator=(const MountedDirectory&) = delete;
  const std::filesystem::path& point() const { return point_; }

 private:
  std::filesystem::path point_;
};

// The bytes [offset, offset + length) of a file by one pread, or by a mapping; throws
// std::system_error with errno. A short answer is returned as it came.
ByteVector pread_file(const std::filesystem::path& path, uint64_t offset, uint64_t length);
ByteVector map_file(const std::filesystem::path& path, uint64_t offset, uint64_t length);

}  // namespace neurofs::model
