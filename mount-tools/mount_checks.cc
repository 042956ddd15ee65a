#include "mount-tools/mount_checks.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "mount-tools/mount_table.h"

namespace neurofs::tools {
namespace {

namespace fs = std::filesystem;

bool allows_allow_other() {
  std::ifstream file("/etc/fuse.conf");
  for (std::string line; std::getline(file, line);) {
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos) continue;
    if (line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin) == "user_allow_other") {
      return true;
    }
  }
  return false;
}

Status check_empty(const std::string& directory) {
  std::error_code error;
  const fs::directory_iterator first(directory, error);
  // What may not be listed is not judged: mounting says whether it may be used.
  if (error || first == fs::directory_iterator()) return {};
  return invalid_argument(
      fmt::format("{} is not empty: it holds {}, which the mount would hide; choose an empty "
                  "directory or pass --nonempty",
                  directory, first->path().filename().string()));
}

Status check_for_user(const MountRequest& request, const struct stat& st) {
  if (access("/dev/fuse", F_OK) == 0 && access("/dev/fuse", R_OK | W_OK) != 0) {
    return Status(Code::kPermission, "/dev/fuse is not open to you; as root: chmod 666 /dev/fuse");
  }
  const bool others = (st.st_mode & S_ISVTX) != 0 && st.st_uid != geteuid();
  if (others || access(request.directory.c_str(), W_OK) != 0) {
    return Status(Code::kPermission,
                  fmt::format("{} is not yours to mount on: fusermount3 wants a directory that you "
                              "{}",
                              request.directory, others ? "own" : "may write to"));
  }
  if (request.allow_other && !allows_allow_other()) {
    return Status(Code::kPermission,
                  "--allow-other is for root alone until /etc/fuse.conf has the line "
                  "user_allow_other");
  }
  return {};
}

}  // namespace

Status check_mountable(const MountRequest& request) {
  for (const MountEntry& mount : neurofs_mounts()) {
    if (mount.directory == request.directory) return {};
  }
  struct stat st {};
  if (stat(request.directory.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) return {};
  if (geteuid() != 0) NF_TRY(check_for_user(request, st));
  return request.nonempty ? Status() : check_empty(request.directory);
}

}  // namespace neurofs::tools
