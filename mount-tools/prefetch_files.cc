#include "mount-tools/prefetch_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "mount-tools/mount_table.h"

namespace neurofs::tools {
namespace {

namespace fs = std::filesystem;

// A bucket of neurons may hold 10^9 files: as many are one region.
constexpr size_t kMostFiles = 100'000;

bool is_field(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / ".neurofs/field.json", ignored);
}

Status cannot_look_at(const fs::path& path, const std::error_code& error) {
  if (error == std::errc::no_such_file_or_directory) {
    return not_found(fmt::format("{}: no such file; neurofs explain-name says why", path.string()));
  }
  return io_error(fmt::format("{}: {}", path.string(), error.message()));
}

Status add_file(const fs::path& path, std::vector<PrefetchFile>& files) {
  std::error_code error;
  const uint64_t size = fs::file_size(path, error);
  if (error) return cannot_look_at(path, error);
  if (files.size() == kMostFiles) {
    return invalid_argument(fmt::format(
        "more than {} files: name a region in place of its neurons, such as regions/0:1000000.raw",
        kMostFiles));
  }
  files.push_back({path.string(), size});
  return {};
}

// Whichever view of it is not too large to be shown.
Status add_whole_field(const fs::path& directory, std::vector<PrefetchFile>& files) {
  std::error_code ignored;
  for (const char* name : {"field.raw", "field.npy"}) {
    if (fs::exists(directory / name, ignored)) return add_file(directory / name, files);
  }
  return invalid_argument(directory.string() +
                          " is too large to be one file; name regions or neurons of it");
}

Status add(const fs::path& path, std::vector<PrefetchFile>& files);

// The entries of a group, of regions/ or of a bucket.
Status add_entries(const fs::path& directory, std::vector<PrefetchFile>& files) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    if (at->path().filename() != ".neurofs") paths.push_back(at->path());
  }
  if (error) return cannot_look_at(directory, error);
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) NF_TRY(add(path, files));
  return {};
}

Status add(const fs::path& path, std::vector<PrefetchFile>& files) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);  // of what a named region stands for
  if (!fs::exists(status)) return cannot_look_at(path, error);
  if (!fs::is_directory(status)) return add_file(path, files);
  if (is_field(path)) return add_whole_field(path, files);
  if (path.filename() == "neurons" && is_field(path.parent_path())) {
    return add_whole_field(path.parent_path(), files);
  }
  return add_entries(path, files);
}

}  // namespace

Result<PrefetchFiles> prefetch_files(const std::string& path) {
  PrefetchFiles found;
  const std::string place = absolute_directory(path);
  const auto mount = mount_holding(place);
  if (!mount) return invalid_argument(path + " is in no mount of NeuroFS; see: neurofs status");
  found.mountpoint = mount->directory;
  NF_TRY(add(place, found.files));
  if (found.files.empty()) {
    return invalid_argument(path + " is empty; neurofs region add names regions of a field");
  }
  return found;
}

}  // namespace neurofs::tools
