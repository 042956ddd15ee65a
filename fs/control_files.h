// Control files: what .neurofs/ shows about a mount and its fields.
//
//   field.json   the field (in a field's directory)
//   stats.json   counters, memory, tiers and their hit rates, how the store reads (fs/stats_document.h)
//   metrics      the counters in Prometheus text format
//   errors       JSON lines: arrays not shown and the newest failed reads (at the root)
//   status.json  process, source, options (at the root)
//
// Purpose: name to text, made anew whenever asked. Thread-safety: any thread.
// Ownership: borrows everything for the mount's life.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/engine.h"
#include "core/storage/disk_cache/disk_cache.h"
#include "core/storage/object_store.h"
#include "fs/error_log.h"
#include "fs/field_files.h"

namespace neurofs {

// What a mount says about itself in status.json.
struct MountInfo {
  std::string source;  // as given, without credentials
  std::string mountpoint;
  std::string version;
  int64_t mounted_at = 0;  // Unix seconds
  std::string options_json = "{}";
};

struct ControlContext {
  Engine& engine;
  ObjectStore& store;
  const ErrorLog& errors;
  const MountInfo& mount;
  const DiskCache* cache = nullptr;  // null: the store has none
};

// The names in .neurofs/ of a directory, sorted.
std::vector<std::string_view> control_names(bool is_root, bool is_field);

// The text of one of those names; nothing for another. `files` is null for a group.
std::optional<std::string> control_text(const ControlContext& context, std::string_view name,
                                        bool is_root, const FieldFiles* files,
                                        std::string_view path);

}  // namespace neurofs
