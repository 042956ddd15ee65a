#include "mount-tools/mount_table.h"

#include <fmt/format.h>
#include <mntent.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

namespace neurofs::tools {
namespace {

void for_each_mount(const std::function<void(const mntent&)>& visit) {
  const std::unique_ptr<FILE, int (*)(FILE*)> table(setmntent("/proc/self/mounts", "re"),
                                                    endmntent);
  if (!table) return;
  mntent entry{};
  std::vector<char> buffer(size_t{64} << 10);
  while (getmntent_r(table.get(), &entry, buffer.data(), static_cast<int>(buffer.size()))) {
    visit(entry);
  }
}

MountEntry to_entry(const mntent& entry) {
  return {entry.mnt_fsname, entry.mnt_dir, entry.mnt_opts};
}

struct FileText {
  int error = 0;  // errno
  std::string text;
};

FileText read_file(const std::string& path) {
  FileText result;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) {
    result.error = errno;
    return result;
  }
  std::vector<char> buffer(size_t{64} << 10);
  size_t n = 0;
  while ((n = std::fread(buffer.data(), 1, buffer.size(), file.get())) > 0) {
    result.text.append(buffer.data(), n);
  }
  if (std::ferror(file.get())) result.error = errno;
  return result;
}

}  // namespace

std::vector<MountEntry> neurofs_mounts() {
  std::vector<MountEntry> mounts;
  for_each_mount([&](const mntent& entry) {
    if (std::strcmp(entry.mnt_type, "fuse.neurofs") == 0) mounts.push_back(to_entry(entry));
  });
  return mounts;
}

std::optional<MountEntry> mount_at(const std::string& directory) {
  std::optional<MountEntry> found;
  for_each_mount([&](const mntent& entry) {
    if (directory == entry.mnt_dir) found = to_entry(entry);
  });
  return found;
}

std::optional<MountEntry> mount_holding(const std::string& path) {
  std::optional<MountEntry> found;
  for (MountEntry& mount : neurofs_mounts()) {
    const bool inside = path == mount.directory || path.starts_with(mount.directory + "/");
    if (inside && (!found || mount.directory.size() > found->directory.size())) {
      found = std::move(mount);
    }
  }
  return found;
}

std::string absolute_directory(const std::string& directory) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(directory, error);
  if (!error) return canonical.string();
  // A dead mount point itself cannot be looked at, its parent can.
  std::filesystem::path path = std::filesystem::absolute(directory).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  const auto parent = std::filesystem::canonical(path.parent_path(), error);
  return error ? path.string() : (parent / path.filename()).string();
}

bool is_dead_mount(const std::string& directory) {
  // Not stat(): of a dead mount the kernel may still have the attributes, and answers from them.
  // statvfs() always asks the daemon, and one that hangs must not hang the caller.
  std::packaged_task<bool()> task([directory] {
    struct statvfs answer {};
    return statvfs(directory.c_str(), &answer) != 0 && (errno == ENOTCONN || errno == ECONNABORTED);
  });
  auto dead = task.get_future();
  std::thread(std::move(task)).detach();
  return dead.wait_for(std::chrono::seconds(2)) == std::future_status::ready && dead.get();
}

Result<std::string> read_control_text(const std::string& directory, const std::string& name,
                                      std::chrono::milliseconds deadline) {
  const std::string path = directory + "/.neurofs/" + name;
  std::packaged_task<FileText()> task([path] { return read_file(path); });
  auto future = task.get_future();
  std::thread(std::move(task)).detach();
  if (future.wait_for(deadline) != std::future_status::ready) {
    return Status(Code::kTimeout,
                  fmt::format("{}: no answer from the daemon in {} ms", path, deadline.count()));
  }
  const FileText file = future.get();
  if (file.error == ENOENT || file.error == ENOTDIR) {
    return not_found(fmt::format("{} is not a NeuroFS mount (no {})", directory, path));
  }
  if (file.error == ENOTCONN || file.error == ECONNABORTED) {
    return io_error(
        fmt::format("{}: the daemon of this mount has gone; clean up with: neurofs umount {}",
                    directory, directory));
  }
  if (file.error == EACCES) {
    return Status(Code::kPermission,
                  directory + " is another user's mount, made without --allow-other");
  }
  if (file.error != 0) {
    return io_error(fmt::format("{}: {}", path, std::strerror(file.error)));
  }
  return file.text;
}

Result<nlohmann::json> read_control_file(const std::string& directory, const std::string& name,
                                         std::chrono::milliseconds deadline) {
  NF_ASSIGN(const std::string text, read_control_text(directory, name, deadline));
  auto document = nlohmann::json::parse(text, nullptr, false);
  if (!document.is_object()) {
    return io_error(fmt::format("{}/.neurofs/{}: not a JSON object", directory, name));
  }
  return document;
}

}  // namespace neurofs::tools
