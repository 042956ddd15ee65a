#include "mount-tools/disk_usage.h"

#include <sys/stat.h>

#include <filesystem>

namespace neurofs::tools {
namespace {

namespace fs = std::filesystem;

void add_file(const fs::path& path, DiskUsage& usage) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
  usage.bytes += static_cast<uint64_t>(info.st_blocks) * 512;
  ++usage.files;
}

}  // namespace

DiskUsage disk_usage(const std::string& path) {
  DiskUsage usage;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    add_file(path, usage);
    return usage;
  }
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    if (usage.files >= kMaxFilesCounted) {
      usage.complete = false;
      break;
    }
    add_file(it->path(), usage);
  }
  return usage;
}

}  // namespace neurofs::tools
