#include "mount-tools/place.h"

#include "mount-tools/destination.h"
#include "mount-tools/private_memory.h"

namespace neurofs::tools {

Result<Source> open_place(const std::string& url, bool writable, const RemoteOptions& remote) {
  if (local_path_of(url).empty()) keep_memory_private();  // which may hold credentials of a store
  StoreOptions options;
  options.writable = writable;
  options.remote = remote;
  return open_source(url, options);
}

Result<std::shared_ptr<StoredField>> open_field_at(const Source& place) {
  auto field = open_stored_field(place.store, place.path, FieldOptions{});
  const std::string hint = unfinished_import_hint(place.local_path);
  if (field.ok() || hint.empty()) return field;
  return Status(field.status().code(), field.status().message() + "; " + hint);
}

std::string local_path_of(const std::string& url) {
  constexpr std::string_view kFile = "file://";
  if (url.starts_with(kFile)) return url.substr(kFile.size());
  return url.find("://") == std::string::npos ? url : std::string();
}

}  // namespace neurofs::tools
