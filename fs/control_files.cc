#include "fs/control_files.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fs/field_document.h"
#include "fs/stats_document.h"

namespace neurofs {
namespace {

using nlohmann::json;

std::string pretty(const json& document) {
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

json status_document(const MountInfo& mount) {
  return {{"pid", getpid()},
          {"source", mount.source},
          {"mountpoint", mount.mountpoint},
          {"version", mount.version},
          {"mounted_at", mount.mounted_at},
          {"options", json::parse(mount.options_json, nullptr, false)}};
}

}  // namespace

std::vector<std::string_view> control_names(bool is_root, bool is_field) {
  std::vector<std::string_view> names;
  if (is_root) names.push_back("errors");
  if (is_field) names.push_back("field.json");
  names.push_back("metrics");
  names.push_back("stats.json");
  if (is_root) names.push_back("status.json");
  return names;
}

std::optional<std::string> control_text(const ControlContext& context, std::string_view name,
                                        bool is_root, const FieldFiles* files,
                                        std::string_view path) {
  const auto names = control_names(is_root, files != nullptr);
  if (std::find(names.begin(), names.end(), name) == names.end()) return std::nullopt;
  if (name == "errors") return context.errors.json_lines();
  if (name == "metrics") return context.engine.metrics().prometheus_text();
  if (name == "stats.json")
    return pretty(stats_document(context.engine, context.store, context.cache));
  if (name == "status.json") return pretty(status_document(context.mount));
  return pretty(field_document(*files, files->field->stored().url(), path));
}

}  // namespace neurofs
