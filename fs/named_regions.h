// Named regions: symbolic links in regions/, such as v1.npy -> 0:100,5,::2.npy.
//
// Purpose: the format of the side file beside a field's metadata, edits of it (for `neurofs
// region`), and NamedRegions, which a mount asks and which notices changes within kNamedRegionsTtl.
// The file is a JSON object: {"v1": "0:100,5,::2.npy"}. The field's attribute "neurofs.regions" may
// hold the same; the side file wins.
// Thread-safety: free functions are pure; NamedRegions from any thread.
// Errors: kCorrupt for a file that is not such an object, kInvalidArgument for a bad name or
// target. Bounds: 1 MiB and kMaxNamedRegions names; a mount shows what it can and logs the rest.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/field/field_spec.h"
#include "core/storage/object_store.h"

namespace neurofs {

inline constexpr size_t kMaxNamedRegions = 1000;
inline constexpr std::chrono::milliseconds kNamedRegionsTtl{1000};

using RegionNames = std::map<std::string, std::string, std::less<>>;  // "v1" -> "0:100,5,::2.npy"

// Where the side file of the field at `path` is.
std::string named_regions_key(const FieldSpec& spec, std::string_view path);

Result<RegionNames> parse_region_names(std::string_view text);
std::string format_region_names(const RegionNames& names);

// Adds or replaces `name`, after checking that it can be a name and that the target is a region of
// a field of `shape` with a view's extension. `target` without extension gets ".npy".
Status add_region_name(RegionNames* names, std::string_view name, std::string_view target,
                       const Dims& shape);
// kNotFound when there is none.
Status remove_region_name(RegionNames* names, std::string_view name);

// The side file's names; empty when there is none.
Result<RegionNames> load_region_names(ObjectStore& store, std::string_view key);

class NamedRegions {
 public:
  // `store` and `spec` must outlive the object.
  NamedRegions(ObjectStore& store, std::string key, const FieldSpec& spec, int64_t modified_ns);

  // Never null. Reads the side file when the last look is older than the TTL; who comes during that
  // gets the old names, and only during the first look waits for it.
  std::shared_ptr<const RegionNames> current();
  // When the names last changed, as far as this mount knows; Unix time.
  int64_t modified_ns();

 private:
  std::shared_ptr<const RegionNames> load(const std::shared_ptr<const RegionNames>& old) const;

  ObjectStore& store_;
  const std::string key_;
  const FieldSpec& spec_;
  std::mutex mutex_;
  std::condition_variable first_look_ended_;  // with mutex_: names_ is not null
  std::shared_ptr<const RegionNames> names_;  // guarded by mutex_; null before the first look
  int64_t modified_ns_;                       // guarded by mutex_
  std::chrono::steady_clock::time_point looked_at_;  // guarded by mutex_
  bool loading_ = false;                             // guarded by mutex_
};

}  // namespace neurofs
