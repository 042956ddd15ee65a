#include "fs/source.h"

#include <cstdlib>
#include <filesystem>

namespace neurofs {
namespace {

constexpr std::string_view kFileScheme = "file://";

// A URL that says by its ending that it is one file and no directory of a Zarr array: to find out by asking would
// need rights beside it.
bool names_a_file(std::string_view url) {
  return url.ends_with(".npy") || url.ends_with(".raw") || url.ends_with(".bin");
}

}  // namespace

Result<Source> open_source(const std::string& name, const StoreOptions& options) {
  if (name.empty()) return invalid_argument("the name of the field is empty");
  std::string local = name;
  if (local.starts_with(kFileScheme)) local = local.substr(kFileScheme.size());
  const bool is_local = local.find("://") == std::string::npos;
  Source source;
  if (is_local) {
    std::error_code error;
    source.local_path = std::filesystem::canonical(local, error).string();
    if (error) return not_found("source " + name + ": " + error.message());
    if (std::filesystem::is_regular_file(source.local_path, error)) {
      const std::filesystem::path file(source.local_path);
      source.path = file.filename().string();
      NF_ASSIGN(source.store, open_store(file.parent_path().string(), options));
      return source;
    }
  }
  std::string place = is_local ? source.local_path : name;
  const size_t slash = place.rfind('/');
  if (!is_local && names_a_file(place) && slash > place.find("://") + 2) {
    source.path = place.substr(slash + 1);
    place.resize(slash);
  }
  NF_ASSIGN(source.store, open_store(place, options));
  return source;
}

}  // namespace neurofs
