#include "mount-tools/cache_use.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "mount-tools/mount_table.h"

namespace neurofs::tools {

std::vector<CacheUser> cache_users(const std::string& directory) {
  std::vector<CacheUser> users;
  for (const MountEntry& mount : neurofs_mounts()) {
    const auto status = read_control_file(mount.directory, "status.json", std::chrono::seconds(1));
    if (!status.ok()) continue;
    const nlohmann::json options = status->value("options", nlohmann::json::object());
    const std::string used = options.value("cache_dir", "");
    std::error_code error;
    if (used.empty() || !std::filesystem::equivalent(used, directory, error)) continue;
    users.push_back({mount.directory, options.value("cache_bytes", uint64_t{0})});
  }
  return users;
}

}  // namespace neurofs::tools
