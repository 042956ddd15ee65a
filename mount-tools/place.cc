#include "mount-tools/place.h"

#include <filesystem>

namespace neurofs::tools {

std::string local_path_of(const std::string& url) {
  constexpr std::string_view kFile = "file://";
  if (url.starts_with(kFile)) return url.substr(kFile.size());
  return url.find("://") == std::string::npos ? url : std::string();
}

Result<Place> open_place(const std::string& url, bool writable) {
  Place place;
  std::string root = url;
  place.local_path = local_path_of(url);
  std::error_code ignored;
  if (!place.local_path.empty() && std::filesystem::is_regular_file(place.local_path, ignored)) {
    const std::filesystem::path file(place.local_path);
    place.path = file.filename().string();
    root = file.has_parent_path() ? file.parent_path().string() : ".";
  }
  StoreOptions options;
  options.writable = writable;
  NF_ASSIGN(place.store, open_store(root, options));
  return place;
}

Result<std::shared_ptr<StoredField>> open_field_at(const Place& place) {
  return open_stored_field(place.store, place.path, FieldOptions{});
}

}  // namespace neurofs::tools
