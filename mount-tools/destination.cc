#include "mount-tools/destination.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/engine/write_lock.h"
#include "core/field/stored_field.h"
#include "mount-tools/mount_table.h"
#include "mount-tools/place.h"

namespace neurofs::tools {
namespace {

namespace fs = std::filesystem;

bool has_unfinished_import(const fs::path& directory) {
  std::error_code error;
  return fs::exists(directory / ".neurofs-import/plan.json", error);
}

// The metadata goes first: what is left after a kill is then no field.
Status remove_contents(const fs::path& directory) {
  std::error_code error;
  for (const char* name : {"zarr.json", ".zarray"}) fs::remove(directory / name, error);
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    fs::remove_all(entry.path(), error);
    if (error) break;
  }
  if (!error) return {};
  return io_error(fmt::format("cannot clear {}: {}", directory.string(), error.message()));
}

// Chunks and journals without metadata are a field's too; everything else may be somebody's data.
bool is_leftover(const std::string& name) {
  return name == "c" || name.starts_with(".neurofs");
}

Status check_not_mounted(const fs::path& directory) {
  for (const MountEntry& mount : neurofs_mounts()) {
    if (!is_within(local_path_of(mount.source), directory.string())) continue;
    return invalid_argument(fmt::format("{} is mounted at {}; unmount it first: neurofs umount {}",
                                        directory.string(), mount.directory, mount.directory));
  }
  return {};
}

Status check_clearable(const std::string& url, const fs::path& directory) {
  NF_TRY(check_not_mounted(directory));
  NF_ASSIGN(const Source place, open_place(url, false, {}));
  const auto field = open_field_at(place);
  if (field.ok() || has_unfinished_import(directory)) return {};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (is_leftover(name)) continue;
    return Status(Code::kExists,
                  fmt::format("{} holds {} and is not a field; --overwrite replaces only fields",
                              directory.string(), name));
  }
  return {};
}

}  // namespace

Status check_destination_free(const std::string& url) {
  const fs::path path = local_path_of(url);
  std::error_code error;
  if (path.empty() || !fs::exists(path, error)) return {};
  if (!fs::is_directory(path, error)) {
    return invalid_argument(path.string() + " is a file; a new field needs a directory of its own");
  }
  if (has_unfinished_import(path)) {
    return Status(Code::kExists, fmt::format("{} holds an unfinished import", path.string()));
  }
  const fs::directory_iterator first(path, error);
  if (error) return io_error(fmt::format("cannot look at {}: {}", path.string(), error.message()));
  if (first == fs::directory_iterator()) return {};
  return Status(Code::kExists,
                fs::exists(path / "zarr.json", error) || fs::exists(path / ".zarray", error)
                    ? path.string() + " holds a Zarr array or group already"
                    : fmt::format("{} is not empty: it holds {}", path.string(),
                                  first->path().filename().string()));
}

Status clear_destination(const std::string& url) {
  const fs::path path = local_path_of(url);
  std::error_code error;
  if (path.empty() || !fs::exists(path, error)) return {};
  if (!fs::is_directory(path, error)) {
    return invalid_argument(path.string() + " is a file; a new field needs a directory of its own");
  }
  NF_TRY(check_clearable(url, path));
  WriteLock lock;
  NF_TRY(lock.take("file://" + fs::absolute(path).string()));
  return remove_contents(path);
}

std::string unfinished_import_hint(const std::string& url) {
  const std::string path = local_path_of(url);
  if (path.empty() || !has_unfinished_import(path)) return "";
  return "an import into it has not ended: the same import command goes on with it";
}

bool is_within(const std::string& inner, const std::string& outer) {
  if (inner.empty() || outer.empty()) return false;
  std::error_code error;
  const fs::path a = fs::weakly_canonical(fs::absolute(inner), error);
  const fs::path b = fs::weakly_canonical(fs::absolute(outer), error);
  return std::mismatch(b.begin(), b.end(), a.begin(), a.end()).first == b.end();
}

}  // namespace neurofs::tools
