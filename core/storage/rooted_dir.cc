#include "core/storage/rooted_dir.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <filesystem>

#include "core/storage/errno_status.h"
#include "core/storage/key.h"

namespace neurofs {
namespace {

int openat2_beneath(int root, const std::string& path, int flags, unsigned mode, uint64_t resolve) {
  open_how how = {};
  // O_PATH goes with neither of the others; it never blocks.
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NONBLOCK));
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
  // The kernel says EAGAIN when a rename elsewhere raced with a ".." in a link.
  for (int attempt = 0;; ++attempt) {
    const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if ((errno != EAGAIN && errno != EINTR) || attempt == 100) return -errno;
  }
}

}  // namespace

std::string_view base_name(std::string_view key) {
  return key.substr(key.rfind('/') + 1);
}

Result<RootedDir> RootedDir::open(const std::string& path, bool create) {
  if (create) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return errno_status(error.value(), "making the directory " + path);
  }
  UniqueFd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root && errno == ENOENT) {
    return not_found("there is no directory " + path + "; check the path, or make it first");
  }
  if (!root && errno == ENOTDIR) {
    return invalid_argument(path + " is not a directory; name the directory that holds it");
  }
  if (!root) return errno_status(errno, "opening the directory " + path);
  const int probe = openat2_beneath(root.get(), ".", O_PATH, 0, 0);
  if (probe == -ENOSYS || probe == -EPERM) {
    return unsupported(
        "opening " + path +
        ": this system refuses openat2, which keeps reads inside the store; it needs "
        "Linux 5.6 and a container profile that allows the call");
  }
  if (probe < 0) return errno_status(-probe, "opening the directory " + path);
  ::close(probe);
  return RootedDir(std::move(root));
}

int RootedDir::open_beneath(const std::string& path, int flags, unsigned mode) const {
  return openat2_beneath(root_.get(), path, flags, mode, 0);
}

Status RootedDir::check_alive() const {
  struct stat root = {};
  if (::fstat(root_.get(), &root) != 0) return errno_status(errno, "looking at the store's root");
  if (root.st_nlink != 0) return {};
  return io_error("the directory of the store was removed; mount it again once it is back");
}

Status RootedDir::prove_missing(std::string_view path, bool* starved) const {
  NF_TRY(check_alive());
  const std::string whole(path);
  // Without links in the path, the kernel's answer is proof.
  const int direct = openat2_beneath(root_.get(), whole, O_PATH, 0, RESOLVE_NO_SYMLINKS);
  if (direct == -ENOENT || direct == -ENOTDIR) return {};
  const UniqueFd closer(direct);
  const auto unknown = [&](int error) {
    *starved = out_of_descriptors(error);
    return errno_status(error, "looking for " + quote_key(path));
  };
  if (out_of_descriptors(-direct)) return unknown(-direct);
  // With links, the first component that does not resolve must not itself be one.
  for (size_t slash = 0; slash < whole.size();) {
    slash = std::min(whole.find('/', slash + 1), whole.size());
    const std::string head = whole.substr(0, slash);
    const int there = open_beneath(head, O_PATH);
    const UniqueFd close_there(there);
    if (there >= 0) continue;
    if (out_of_descriptors(-there)) return unknown(-there);
    const int link = open_beneath(head, O_PATH | O_NOFOLLOW);
    const UniqueFd close_link(link);
    if (link == -ENOENT || link == -ENOTDIR) return {};
    if (link < 0) return unknown(-link);
    return io_error("the symbolic link " + quote_key(head) + " points to nothing");
  }
  return io_error(quote_key(path) + " appeared while it was looked for; try again");
}

Status RootedDir::make_directory(const std::string& path) const {
  for (size_t slash = 0; slash < path.size();) {
    slash = std::min(path.find('/', slash + 1), path.size());
    const std::string head = path.substr(0, slash);
    const size_t cut = head.rfind('/');
    const UniqueFd parent(
        open_beneath(cut == std::string::npos ? "." : head.substr(0, cut), O_PATH | O_DIRECTORY));
    const int made =
        parent ? ::mkdirat(parent.get(), std::string(base_name(head)).c_str(), 0777) : -1;
    if (made != 0 && errno != EEXIST) {
      return errno_status(errno, "making the directory " + quote_key(head));
    }
  }
  return {};
}

Result<UniqueFd> RootedDir::open_parent(std::string_view path, bool make) const {
  const size_t slash = path.rfind('/');
  const std::string parent(slash == std::string_view::npos ? "." : path.substr(0, slash));
  int fd = open_beneath(parent, O_PATH | O_DIRECTORY);
  if (fd == -ENOENT && make) {
    NF_TRY(make_directory(parent));
    fd = open_beneath(parent, O_PATH | O_DIRECTORY);
  }
  if (fd == -ENOENT || (fd == -ENOTDIR && !make))
    return not_found("there is no directory " + quote_key(parent));
  if (fd < 0) return errno_status(-fd, "opening the directory " + quote_key(parent));
  return UniqueFd(fd);
}

}  // namespace neurofs
