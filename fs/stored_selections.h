// Selections: lists of neurons that are stored with a field, and shown in their order as @take=NAME.
//
// Purpose: where a selection is kept (.neurofs-selections/NAME.npy beside the field's metadata, an array of one axis of
// any integer type), its checks, and StoredSelections, which a mount asks. The store is asked on threads of RegionLooks: who asks
// waits for a look that is under way until it is kSelectionPatience old, a few of a mount (RegionLooks::begin_long_wait())
// for as long as one may take, so that a store that stalls takes only those of the threads that answer names.
// While somebody shows a selection, it is told again where a look takes longer or the store fails, unless the store has
// said that there is another, or none: a short outage ends no path below it. Who asks within the second in which a look
// has begun is told what that one found, a failure too, so that a store that fails is asked once a second a name.
// Thread-safety: free functions are pure; StoredSelections from any thread. Ownership: selections live as long as somebody
// shows them, which is what bounds them; nothing is kept for names that nobody uses. While one is read its file and its
// rows are in memory, kMostSelectionBytes each at most, on the threads of RegionLooks. Units: neurons.
// Errors: kCorrupt for what is no such array, kInvalidArgument for a row that is no neuron, kNotFound where there is none,
// kTimeout where the store has not answered yet. Bounds: NeuronOrder::kMostTaken rows, kMostSelections names at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/field/field_spec.h"
#include "core/geometry/neuron_order.h"
#include "core/storage/object_store.h"
#include "fs/named_regions.h"

namespace neurofs {

inline constexpr size_t kMostSelections = 1000;
// Of a stored one: the longest header of a .npy file, and 8 bytes a row.
inline constexpr uint64_t kMostSelectionBytes =
    (uint64_t{64} << 10) + static_cast<uint64_t>(NeuronOrder::kMostTaken) * sizeof(uint64_t);
inline constexpr std::chrono::milliseconds kSelectionPatience{500};

// Where the selections of the field at `path` are: a prefix, ending in '/'. Add NAME.npy.
std::string selections_prefix(const FieldSpec& spec, std::string_view path);

// The bytes of a .npy file, checked against the number of neurons.
Result<std::shared_ptr<const Selection>> parse_selection(Bytes file, Index neurons);

// A whole stored selection.
Result<std::shared_ptr<const Selection>> load_selection(ObjectStore& store, std::string_view key,
                                                        Index neurons);

class StoredSelections {
 public:
  // `store` and `spec` must outlive the object, and the object what `looks` does.
  StoredSelections(ObjectStore& store, const FieldSpec& spec, std::string_view path,
                   RegionLooks& looks);

  // The selection of that name as it was stored a second ago or later. `name` is_selection_name().
  Result<std::shared_ptr<const Selection>> current(std::string_view name);

 private:
  using Clock = std::chrono::steady_clock;
  using Found = Result<std::shared_ptr<const Selection>>;
  struct Look {
    Clock::time_point began{};
    bool running = false;
    size_t waiting = 0;
    std::string version;                       // of what `known` was read from
    std::weak_ptr<const Selection> known{};    // what the store has, as far as it has said
    std::shared_ptr<const Selection> fresh{};  // keeps it for who waits
    Status status;                             // of the last look
  };

  bool is_current(const Look& look) const;
  std::shared_ptr<Look> look_of(const std::string& name);
  Status start(const std::string& name, const std::shared_ptr<Look>& look);
  void look(const std::string& name, const std::shared_ptr<Look>& look);
  Found load(const std::string& name, Look* look, const std::shared_ptr<const Selection>& known,
             std::string* version);
  void drop_known(Look* look);
  bool is_known(const Look& look);

  ObjectStore& store_;
  const FieldSpec& spec_;
  const std::string prefix_;
  RegionLooks& looks_;
  std::mutex mutex_;
  std::condition_variable look_ended_;
  std::map<std::string, std::shared_ptr<Look>> by_name_;  // guarded by mutex_, as what is in it
};

}  // namespace neurofs
