#include "mount-tools/place.h"

namespace neurofs::tools {

Result<Source> open_place(const std::string& url, bool writable) {
  StoreOptions options;
  options.writable = writable;
  return open_source(url, options);
}

Result<std::shared_ptr<StoredField>> open_field_at(const Source& place) {
  return open_stored_field(place.store, place.path, FieldOptions{});
}

std::string local_path_of(const std::string& url) {
  constexpr std::string_view kFile = "file://";
  if (url.starts_with(kFile)) return url.substr(kFile.size());
  return url.find("://") == std::string::npos ? url : std::string();
}

}  // namespace neurofs::tools
