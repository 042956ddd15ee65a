// FileVersion: which bytes a file has, as far as the kernel says: ObjectInfo::version of a file.
//
// The kernel stamps changes by its tick: two changes within about 4 ms look alike when both leave
// the same file with the same size. A file put in place of another by rename always differs.
// Pure; any thread.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace neurofs {

struct FileVersion {
  int64_t modified_ns = 0;  // Unix time
  uint64_t size = 0;        // bytes
  uint64_t inode = 0;

  static FileVersion of(const struct stat& info) {
    return {info.st_mtim.tv_sec * int64_t{1'000'000'000} + info.st_mtim.tv_nsec,
            static_cast<uint64_t>(info.st_size), info.st_ino};
  }
  std::string text() const {
    return std::to_string(modified_ns) + "-" + std::to_string(size) + "-" + std::to_string(inode);
  }
};

}  // namespace neurofs
