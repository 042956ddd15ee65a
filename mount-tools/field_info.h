// What `neurofs info` says about a field, as JSON and as lines for people.
//
// Pure apart from disk_usage(). Thread-safety: main thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/field/hierarchy.h"

namespace neurofs::tools {

// `local_path` is where the field lies on a local file system, or empty.
nlohmann::json field_info(const StoredField& field, const std::string& local_path);
std::string field_lines(const nlohmann::json& info);

}  // namespace neurofs::tools
