// FileSystem: the mount without a kernel. Tests call it directly; fuse_adapter.cc only translates.
//
// Purpose: look-ups, attributes, listings, reads, links and extended attributes of the namespace,
// each answered from metadata except reads.
// Thread-safety: every method from any thread. Reads of field.EXT and of neurons take no lock here
// and allocate nothing; regions take a short map lock.
// Ownership: shares engine, store and fields. Units: bytes, nanoseconds of Unix time.
// Errors: a Status per call; to_errno() in errno_table.h is the one translation. A read gives all
// the bytes up to the end of the file, or a Status, never a part (RELIABILITY R48).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/device_reads.h"
#include "core/engine/engine.h"
#include "core/engine/field.h"
#include "core/engine/prefetch_range.h"
#include "core/engine/revalidation.h"
#include "core/field/hierarchy.h"
#include "core/storage/disk_cache/disk_cache.h"
#include "fs/control_files.h"
#include "fs/error_log.h"
#include "fs/field_use.h"
#include "fs/interned_nodes.h"
#include "fs/lens_table.h"
#include "fs/named_regions.h"
#include "fs/node_content.h"
#include "fs/stored_selections.h"
#include "fs/tree.h"

namespace neurofs {

class WantedWrites;

enum class FileType : uint8_t { kDirectory, kFile, kLink };

struct Attr {
  uint64_t inode = 0;
  FileType type = FileType::kFile;
  uint64_t size = 0;
  int64_t modified_ns = 0;
  uint32_t links = 1;
};

// How long the kernel may believe a name: names of a read-only field for long, named regions for
// kNamedRegionsTtl, control files not at all (each look-up may make a new snapshot).
enum class Lifetime : uint8_t { kLong, kNamed, kNone };

struct Entry {
  NodeId id;
  Attr attr;
  Lifetime lifetime = Lifetime::kLong;
};

// Bytes for a reply without a copy, and what keeps them alive.
struct PinnedRead {
  Bytes header;                  // of the view; comes first
  std::optional<ReadPins> pins;  // then these spans
  ByteVector rendered;           // or these bytes, where a view makes text
  std::shared_ptr<const InternedNode> node;

  uint64_t size() const;
};

class FileSystem {
 public:
  struct Sources {
    std::shared_ptr<Engine> engine;
    std::shared_ptr<ObjectStore> store;
    Hierarchy hierarchy;
    MountInfo mount;
    std::shared_ptr<DiskCache> cache{};  // that the store reads through; null: none
  };

  // Attaches every array. Fails when the root is an array that did not open, or nothing did.
  static Result<std::unique_ptr<FileSystem>> create(Sources sources);
  // Ends what is read ahead, and waits a few seconds for that.
  ~FileSystem();

  // Counts a look-up of interned nodes, to be given back by forget().
  Result<Entry> lookup(NodeId parent, std::string_view name);
  void forget(NodeId id, uint64_t lookups);

  Result<Attr> getattr(NodeId id) const;
  // How long the node's own attributes may be believed.
  Lifetime node_lifetime(NodeId id) const;
  // How long it may be believed that a name is absent: one that may appear as short as one that may change.
  Lifetime absent_lifetime(NodeId parent, std::string_view name) const;

  // Position 0 and up; `emit` returns false when its buffer is full. Counts no look-ups: an entry
  // whose id is 0 has to be looked up by name.
  using Emit = std::function<bool(std::string_view name, const Entry& entry, uint64_t next)>;
  Status readdir(NodeId id, uint64_t from, const Emit& emit);

  // `caller` tells readers apart for the predictor (a process id).
  // Returns the bytes read: out.size(), or what the file has from `offset` on.
  Result<size_t> read(NodeId id, uint64_t offset, MutableBytes out, uint64_t caller) const;
  // As read() of a file's beginning, for nobody who asked: that it fails is no error of the mount's.
  Result<size_t> read_ahead(NodeId id, MutableBytes out, uint64_t caller) const;
  // As read(), but never waits for a store: `*cold` is set, and nothing read, when it would have to.
  // `*together`, unless null: whether many such reads are worth bringing together (read_together).
  Result<size_t> try_read(NodeId id, uint64_t offset, MutableBytes out, uint64_t caller, bool* cold,
                          bool* together = nullptr) const;
  // Many reads at once: what they lack comes in one batch for each field. `done` is called once per
  // read, as soon as its result is there; those that have to wait longest are the last.
  struct FileRead {
    NodeId id{0};
    uint64_t offset = 0;
    MutableBytes out;
    uint64_t caller = 0;
    Result<size_t> result = size_t{0};
  };
  using ReadDone = std::function<void(size_t index)>;
  void read_together(std::span<FileRead> reads, const ReadDone& done) const;
  Status read_pinned(NodeId id, uint64_t offset, uint64_t length, uint64_t caller,
                     PinnedRead* out) const;
  // As read_pinned(), but never waits for a store: `*cold` as for try_read().
  Status try_read_pinned(NodeId id, uint64_t offset, uint64_t length, uint64_t caller,
                         PinnedRead* out, bool* cold) const;

  // The elements of a file in GPU memory of their own, for another process: `first` and `count` of the
  // rows along the first axis, 0 for all that follow. kNotFound for what is no file of elements; else as
  // lease_region().
  struct Rows {
    uint64_t first = 0;
    uint64_t count = 0;
  };
  Result<DeviceLease> lease_on_gpu(NodeId id, const Rows& rows, int gpu) const;
  bool gpu_is_simulated(int gpu) const;

  Result<std::string> readlink(NodeId id) const;
  Result<std::vector<std::string>> listxattr(NodeId id) const;
  // kNotFound when the node has no such attribute.
  Result<std::string> getxattr(NodeId id, std::string_view name) const;

  // Bytes of all fields, for statfs.
  uint64_t total_size() const;
  Metrics& metrics() const { return engine_->metrics(); }
  // `changed` is called, from any thread, when stored data of a field (its index in the tree) turns
  // out to be of another version than before. It must not wait. Null: no longer; waits for calls.
  void on_change(const std::function<void(uint32_t field)>& changed);
  // Looks whether stored data that was read lately has changed; at a remote store, of fields that somebody
  // uses. May wait for the store. One thread at a time.
  void revalidate();
  // `woken` is called, from any thread, when somebody uses a field that revalidate() has passed over. It must
  // not wait. Null: no longer; waits for a call.
  void on_wake(std::function<void()> woken) { use_->on_wake(std::move(woken)); }

  // The file of a neuron by its number; nothing for all other files, and below lenses. The file of neuron n has
  // the id first_id + n.
  struct NeuronFile {
    uint64_t first_id = 0;
    uint64_t number = 0;
    uint64_t count = 0;  // neurons
    uint64_t size = 0;   // bytes
    uint32_t field = 0;
  };
  std::optional<NeuronFile> neuron_file(NodeId id) const;

  // Reads ahead in a file, for nobody in particular, for about two seconds. How many bytes from range.offset on
  // are done; 0 at the end of the file. kUnsupported where there is no such tier, or the file is not stored.
  // Ends with the thread's ReadScope.
  Result<uint64_t> prefetch(NodeId id, const ByteRange& range, PrefetchTo to) const;

  // Reads the metadata of all fields again and forgets which versions of their objects were seen, so that what
  // is read next is what is stored then. on_change() tells of every field. An error where the store does not
  // answer: then nothing is dropped.
  struct Refreshed {
    uint32_t fields = 0;
    std::vector<std::string> changed;  // whose metadata is another; they are shown as they were
  };
  Result<Refreshed> refresh();

  // Nothing is read ahead any more, nor written to the NVMe cache. False when some of it is still under way after
  // `patience`, as of Engine::end_prefetches() and DiskCache::end().
  bool end(std::chrono::milliseconds patience) {
    return engine_->end_prefetches(patience) && (cache_ == nullptr || cache_->end(patience));
  }

  // How many threads look names up: a few of them may wait as long as a look at a selection takes.
  void set_workers(unsigned workers) { region_looks_->set_workers(workers); }

  // Those of the store may have changed where it got them.
  void renew_credentials();

  // What the kernel may remember of a field: names in its directory, among them those of lenses, and files
  // that may be open.
  struct Remembered {
    struct Name {
      NodeId directory{0};
      std::string name;
    };
    std::vector<Name> names;
    std::vector<NodeId> files;
  };
  Remembered remembered(uint32_t field) const;

  // True for what lives as long as the kernel remembers it: regions, links, control files, and all that
  // is below a lens.
  bool is_interned(NodeId id) const;

 private:
  struct OpenFile;

  explicit FileSystem(Sources sources);

  // The node behind an id; kStale when there is none. `holder` keeps an interned node.
  Result<Node> resolve(NodeId id, InternedNodes::Ptr* holder) const;
  Status open(NodeId id, OpenFile* file) const;
  // Whether a read may wait for a store; or what was fetched for it, and nothing else.
  struct Wait {
    bool allowed = true;
    const Brought* brought = nullptr;
    bool* together = nullptr;  // out, with a cold read
    bool ahead = false;        // nobody has asked: a failure is told to the caller alone
  };
  Status pin(NodeId id, uint64_t offset, uint64_t length, uint64_t caller, PinnedRead* out,
             bool wait, bool* cold) const;
  Result<size_t> read(NodeId id, uint64_t offset, MutableBytes out, uint64_t caller,
                      const Wait& wait, bool* cold) const;
  void read_field_together(std::span<FileRead> reads, std::span<RegionReader::Range> ranges,
                           size_t first, std::vector<size_t>* cold, const ReadDone& done) const;
  uint64_t inode_of(const Node& node) const;
  Attr attr_of(const Node& node) const;
  Attr attr_of(const InternedNode& node) const;
  Result<Entry> entry_of(const Node& node, NodeId parent, std::string_view name);
  Result<Entry> enter_placed(std::string_view key, PlacedNode placed);
  Result<Entry> enter_lens(const Target& target, NodeId parent);
  Result<Entry> enter_order(const Target& target, NodeId parent);
  Result<Entry> enter_variant(const Target& target, NodeId parent, const Lens& lens,
                              std::shared_ptr<const NeuronOrder> order, Lifetime lifetime);
  Status refused(const Target& target, const Status& status);
  Result<Entry> enter_region(const Target& target);
  Result<Entry> enter_link(const Target& target);
  Result<Entry> enter_snapshot(const Target& target);
  bool has_named_regions(const Node& node) const;
  void list_regions(const Node& node, uint64_t from, const Emit& emit);
  void list_control(const Node& node, uint64_t from, const Emit& emit);
  Status check_tier(PrefetchTo to) const;
  Status check_kept(const WantedWrites& kept) const;
  Status failed(NodeId id, uint64_t offset, uint64_t length, const Status& status) const;
  std::string describe(NodeId id) const;
  const FieldFiles* files_of(uint32_t field) const { return tree_->directory(field).files.get(); }
  const FieldFiles* files_of(const RegionNode& region) const {
    return region.lens ? region.lens.get() : files_of(region.field);
  }
  ControlContext control_context() const {
    return {*engine_, *store_, *errors_, mount_, cache_.get()};
  }

  std::shared_ptr<Engine> engine_;
  std::shared_ptr<ObjectStore> store_;
  std::shared_ptr<DiskCache> cache_;
  MountInfo mount_;
  std::unique_ptr<ErrorLog> errors_;
  std::unique_ptr<Tree> tree_;
  std::unique_ptr<NodeIds> ids_;
  std::unique_ptr<FieldUse> use_;
  Revalidation revalidation_;
  std::vector<std::unique_ptr<NamedRegions>> named_;  // by directory; null for groups
  LensTable lenses_;
  std::vector<std::unique_ptr<StoredSelections>> selections_;  // as named_
  std::unique_ptr<RegionLooks> region_looks_ =
      std::make_unique<RegionLooks>();  // ends before named_ and selections_

  // Known to a gauge of the engine, which may outlive this; not kept by it, as nodes keep the engine.
  const std::shared_ptr<InternedNodes> nodes_ = std::make_shared<InternedNodes>();
  InternedNodes& interned_ = *nodes_;
};

}  // namespace neurofs
