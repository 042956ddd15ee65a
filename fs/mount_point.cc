#include "fs/mount_point.h"

#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "core/base/log.h"

extern char** environ;

namespace neurofs {
namespace {

std::string why(int error) {
  return std::strerror(error);
}

// mountinfo writes blanks, tabs, newlines and backslashes as three octal digits.
std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<std::string> absolute(const std::string& directory) {
  char* resolved = realpath(directory.c_str(), nullptr);
  if (resolved == nullptr) {
    return Status(errno == ENOENT ? Code::kNotFound : Code::kInvalidArgument,
                  "mount point " + directory + ": " + why(errno));
  }
  std::string path(resolved);
  std::free(resolved);
  return path;
}

// The path of a dead mount: its last component cannot be looked at, its parent can.
Result<std::string> absolute_of_dead(std::string directory) {
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  const size_t slash = directory.rfind('/');
  if (slash == std::string::npos) {
    NF_ASSIGN(const std::string here, absolute("."));
    return here + "/" + directory;
  }
  NF_ASSIGN(const std::string parent, absolute(directory.substr(0, slash + 1)));
  return (parent == "/" ? "" : parent) + directory.substr(slash);
}

bool is_dead(int error) {
  return error == ENOTCONN || error == ECONNABORTED;
}

Status recover_dead(const std::string& path, bool recover) {
  const auto mount = find_mount(path);
  const std::string ours = "fuse." + std::string(kFuseSubtype);
  if (!mount || mount->type != ours) {
    return io_error("mount point " + path + " is a dead mount that is not neurofs's; clean it up " +
                    "with: umount -l " + path);
  }
  if (!recover) {
    return io_error("a neurofs daemon died at " + path + "; clean it up with: neurofs umount " +
                    path + " (or mount without --no-recover)");
  }
  log_warning("detaching the dead neurofs mount at " + path);
  return detach(path);
}

}  // namespace

std::optional<MountedAt> find_mount_in(std::string_view mountinfo, std::string_view mountpoint) {
  std::optional<MountedAt> found;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, at, word;
    MountedAt mount;
    if (!(words >> id >> parent >> device >> root >> at) || unescape(at) != mountpoint) continue;
    while (words >> word && word != "-") {
    }
    if (!(words >> mount.type >> mount.source)) continue;
    mount.source = unescape(mount.source);
    if (std::sscanf(device.c_str(), "%u:%u", &mount.device_major, &mount.device_minor) != 2) {
      continue;
    }
    found = std::move(mount);  // the last line is the topmost mount
  }
  return found;
}

std::optional<MountedAt> find_mount(std::string_view mountpoint) {
  std::ifstream file("/proc/self/mountinfo");
  std::ostringstream text;
  text << file.rdbuf();
  return find_mount_in(text.str(), mountpoint);
}

Result<std::string> prepare_mountpoint(const std::string& directory, bool recover) {
  // Not stat(): of a dead mount the kernel may still have the attributes, and answers from them.
  struct statvfs answer {};
  // More than once: several daemons may have died on one directory.
  for (int attempt = 0; attempt < 8 && statvfs(directory.c_str(), &answer) != 0; ++attempt) {
    if (!is_dead(errno)) {
      return Status(errno == ENOENT ? Code::kNotFound : Code::kInvalidArgument,
                    "mount point " + directory + ": " + why(errno) +
                        (errno == ENOENT ? "; make it with mkdir -p" : ""));
    }
    NF_ASSIGN(const std::string dead, absolute_of_dead(directory));
    NF_TRY(recover_dead(dead, recover));
  }
  struct stat st {};
  if (stat(directory.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) {
    return invalid_argument("mount point " + directory + " is no directory");
  }
  NF_ASSIGN(std::string path, absolute(directory));
  const auto mount = find_mount(path);
  if (mount && mount->type == "fuse." + std::string(kFuseSubtype)) {
    return Status(Code::kExists, path + " already shows " + mount->source +
                                     "; unmount it first: neurofs umount " + path);
  }
  return path;
}

Status check_apart(const std::string& source, const std::string& mountpoint,
                   std::string_view what) {
  const auto inside = [](const std::string& inner, const std::string& outer) {
    if (outer == "/") return true;
    return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
  };
  if (inside(mountpoint, source) || inside(source, mountpoint)) {
    return invalid_argument("the mount point " + mountpoint + " and the " + std::string(what) +
                            " " + source +
                            " lie inside each other: the daemon would wait for itself; choose a "
                            "directory elsewhere");
  }
  return {};
}

Status detach(const std::string& mountpoint) {
  if (umount2(mountpoint.c_str(), MNT_DETACH) == 0) return {};
  const int error = errno;
  if (error != EPERM) return io_error("cannot detach " + mountpoint + ": " + why(error));
  std::string path = mountpoint;
  char program[] = "fusermount3";
  char flags[] = "-uz";
  char* arguments[] = {program, flags, path.data(), nullptr};
  pid_t child = 0;
  int state = 0;
  if (posix_spawnp(&child, program, nullptr, nullptr, arguments, environ) != 0 ||
      waitpid(child, &state, 0) != child || !WIFEXITED(state) || WEXITSTATUS(state) != 0) {
    return io_error("cannot detach " + mountpoint + ": fusermount3 -uz failed");
  }
  return {};
}

Status set_read_ahead(const MountedAt& mount, unsigned kib) {
  const std::string path = "/sys/class/bdi/" + std::to_string(mount.device_major) + ":" +
                           std::to_string(mount.device_minor) + "/read_ahead_kb";
  std::ofstream file(path);
  file << kib << std::flush;
  if (!file) return io_error("cannot set " + path + " (needs root)");
  return {};
}

}  // namespace neurofs
