#include "core/engine/learned_orders.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <random>
#include <span>
#include <utility>

#include "core/base/crc32c.h"
#include "core/base/log.h"
#include "core/storage/errno_status.h"

namespace neurofs {
namespace {

constexpr std::string_view kOrder = "order-";

// Two fields under one name would cost speed only: a predictor confirms what it was told before it acts.
std::string name_of(std::string_view url) {
  const auto sum = crc32c(std::as_bytes(std::span(url)));
  char name[32];
  std::snprintf(name, sizeof name, "%08x-%zu", static_cast<unsigned>(sum), url.size());
  return std::string(kOrder) + name;
}

// Zero, or what the system says.
int write_all(int file, std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t wrote =
        ::pwrite(file, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return wrote < 0 ? errno : ENOSPC;
    at += static_cast<size_t>(wrote);
  }
  return 0;
}

constexpr std::string_view kFresh = ".new-";
constexpr time_t kLeftBehind = 3600;  // seconds

// What a mount left that was killed while it wrote.
void remove_leftovers(int dir) {
  UniqueFd fd(::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> list(fd ? ::fdopendir(fd.get()) : nullptr, ::closedir);
  if (list == nullptr) return;
  static_cast<void>(fd.release());
  const time_t now = ::time(nullptr);
  while (const dirent* entry = ::readdir(list.get())) {
    const std::string_view name = entry->d_name;
    struct stat info = {};
    if (!name.starts_with(kOrder) || name.find(kFresh) == std::string_view::npos ||
        ::fstatat(dir, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    if (S_ISREG(info.st_mode) && info.st_mtime < now - kLeftBehind)
      ::unlinkat(dir, entry->d_name, 0);
  }
}

}  // namespace

Result<std::unique_ptr<LearnedOrders>> LearnedOrders::open(const std::string& path) {
  const std::string what = "the directory for learned orders " + path;
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return errno_status(errno, "making " + what);
  }
  UniqueFd dir(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!dir) return errno_status(errno, "opening " + what);
  struct stat info = {};
  if (::fstat(dir.get(), &info) != 0) return errno_status(errno, "looking at " + what);
  if (info.st_uid != ::geteuid() || (info.st_mode & 0022) != 0) {
    return Status(Code::kPermission, what +
                                         " can be written by other users; run chmod go-w on it, or "
                                         "name a directory of your own");
  }
  remove_leftovers(dir.get());
  return std::unique_ptr<LearnedOrders>(new LearnedOrders(path, std::move(dir)));
}

std::string LearnedOrders::load(std::string_view url) const {
  // A pipe of that name is not waited for.
  const UniqueFd file(
      ::openat(dir_.get(), name_of(url).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info = {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  if (info.st_size <= 0 || static_cast<uint64_t>(info.st_size) > kMostBytes) return {};
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  const ssize_t got = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

void LearnedOrders::save(std::string_view url, std::string_view learned) const {
  if (learned.empty()) return;
  const std::string name = name_of(url);
  // Another mount may be writing what it learned of the same field.
  const std::string fresh = name + std::string(kFresh) + std::to_string(std::random_device()());
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const UniqueFd file(::openat(dir_.get(), fresh.c_str(), flags, 0600));
  int error = file ? write_all(file.get(), learned) : errno;
  if (error == 0 && ::renameat(dir_.get(), fresh.c_str(), dir_.get(), name.c_str()) != 0)
    error = errno;
  if (error == 0) return;
  if (file) ::unlinkat(dir_.get(), fresh.c_str(), 0);
  log_warning("the learned orders of " + std::string(url) + " cannot be kept in " + path_ + ": " +
              errno_status(error, "writing " + fresh).message());
}

}  // namespace neurofs
