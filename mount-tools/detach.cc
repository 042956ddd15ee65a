#include "mount-tools/detach.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "mount-tools/mount_table.h"

namespace neurofs::tools {
namespace {

Status busy(const std::string& directory) {
  return io_error(fmt::format(
      "{} is busy: a file in it is open or is a process's working directory; see who with: fuser "
      "-vm {}  (or detach with: neurofs umount --lazy {})",
      directory, directory, directory));
}

Status detach_as_root(const std::string& directory, bool lazy) {
  if (umount2(directory.c_str(), UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) == 0) return {};
  if (errno == EBUSY) return busy(directory);
  return io_error(fmt::format("cannot unmount {}: {}", directory, std::strerror(errno)));
}

// FUSE writes who mounted into the options.
bool is_of_another_user(const std::string& directory) {
  const auto mount = mount_at(directory);
  const std::string own = fmt::format(",user_id={},", geteuid());
  return mount && ("," + mount->options + ",").find(own) == std::string::npos;
}

Status detach_as_user(const std::string& directory, bool lazy) {
  if (is_of_another_user(directory)) {
    return Status(
        Code::kPermission,
        directory + " was mounted by another user; only root or that user can unmount it");
  }
  std::string program = "fusermount3";
  std::string flags = lazy ? "-uqz" : "-uq";
  std::string dashes = "--";
  std::string path = directory;
  char* const arguments[] = {program.data(), flags.data(), dashes.data(), path.data(), nullptr};
  pid_t child = 0;
  if (posix_spawnp(&child, program.c_str(), nullptr, nullptr, arguments, environ) != 0) {
    return not_found("fusermount3 is not installed; install it with: apt install fuse3");
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return busy(directory);
}

}  // namespace

Status detach_mount(const std::string& directory, bool lazy) {
  return geteuid() == 0 ? detach_as_root(directory, lazy) : detach_as_user(directory, lazy);
}

}  // namespace neurofs::tools
