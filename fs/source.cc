#include "fs/source.h"

#include <cstdlib>
#include <filesystem>

namespace neurofs {
namespace {

constexpr std::string_view kFileScheme = "file://";

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
  NF_ASSIGN(source.store, open_store(is_local ? source.local_path : name, options));
  return source;
}

}  // namespace neurofs
