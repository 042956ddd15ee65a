// Named regions: symbolic links in regions/, such as v1.npy -> 0:100,5,::2.npy.
//
// Purpose: the format of the side file beside a field's metadata, edits of it (for `neurofs
// region`), and NamedRegions, which a mount asks and which notices changes within kNamedRegionsTtl. The store is
// asked on threads of RegionLooks, so that names and attributes are answered though it stalls: who asks waits
// for a look that is under way until it is kNamedRegionsPatience old, then takes the names as they were.
// The file is a JSON object: {"v1": "0:100,5,::2.npy"}. The field's attribute "neurofs.regions" may
// hold the same; the side file wins.
// Thread-safety: free functions are pure; NamedRegions from any thread.
// Errors: kCorrupt for a file that is not such an object, kInvalidArgument for a bad name or
// target. Bounds: 1 MiB and kMaxNamedRegions names; a mount shows what it can and logs the rest.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/cancellation.h"
#include "core/base/executor.h"
#include "core/field/field_spec.h"
#include "core/storage/object_store.h"

namespace neurofs {

inline constexpr size_t kMaxNamedRegions = 1000;
inline constexpr std::chrono::milliseconds kNamedRegionsTtl{1000};
inline constexpr std::chrono::milliseconds kNamedRegionsPatience{500};

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

// The threads that read side files, of all fields of a mount. Its end cancels what they wait for.
class RegionLooks {
 public:
  RegionLooks();
  ~RegionLooks();
  // False when too many wait already.
  bool submit(std::function<void()> look);

  // Of all who ask, a few may wait as long as a look takes: half as many as ColdReads keeps from waiting for a store
  // (an eighth of `workers`), so that names are answered meanwhile; of fewer than 16 workers none.
  void set_workers(unsigned workers) { most_long_waits_ = workers / 16; }
  // True for one of those, which calls end_long_wait() when it has waited.
  bool begin_long_wait();
  void end_long_wait() { --long_waits_; }

 private:
  std::atomic<unsigned> most_long_waits_ = 2;  // until set_workers()
  std::atomic<unsigned> long_waits_ = 0;
  Cancellation cancellation_;
  Executor threads_;  // last: its end runs what is queued
};

class NamedRegions {
 public:
  // `store` and `spec` must outlive the object, and the object what `looks` does.
  NamedRegions(ObjectStore& store, std::string key, const FieldSpec& spec, int64_t modified_ns,
               RegionLooks& looks, std::chrono::milliseconds patience = kNamedRegionsPatience);

  // Never null; of a look that is at most the TTL old, unless the store takes long or fails. Before the
  // first look has ended, those of the field's attributes.
  std::shared_ptr<const RegionNames> current();
  // When the names last changed, as far as this mount knows; Unix time.
  int64_t modified_ns();

 private:
  using Clock = std::chrono::steady_clock;
  void look();
  void take(std::shared_ptr<const RegionNames> fresh);
  std::shared_ptr<const RegionNames> load(const RegionNames& old) const;
  RegionNames with_attributes(RegionNames names, size_t* dropped) const;

  ObjectStore& store_;
  const std::string key_;
  const FieldSpec& spec_;
  RegionLooks& looks_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable look_ended_;        // with mutex_: looking_ is false
  std::shared_ptr<const RegionNames> names_;  // guarded by mutex_
  int64_t modified_ns_;                       // guarded by mutex_
  Clock::time_point looked_at_;               // guarded by mutex_: when the last look began
  bool looking_ = false;                      // guarded by mutex_
  bool told_ = false;                         // guarded by mutex_: somebody knows names_
};

}  // namespace neurofs
