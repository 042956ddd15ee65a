// InternedNodes: the nodes that a number cannot name, for as long as the kernel remembers them.
//
// Purpose: regions (any slice has a name, so there are endlessly many), snapshots of control files,
// symbolic links, and neurons past the bits of a computed id. A node lives while the kernel holds
// look-ups of it, so the table is bounded by the kernel's own inode cache (RELIABILITY S3); names
// are not kept, only a canonical key. Thread-safety: every method from any thread; locks are per
// shard, taken for a map operation only. Ownership: find() shares the node, so that a read outlives
// a forget. Ids are never used twice.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/result.h"
#include "fs/node_id.h"

namespace neurofs {

// Base of what an interned node is; the kinds are in fs/node_content.h.
class InternedNode {
 public:
  virtual ~InternedNode() = default;
};

class InternedNodes {
 public:
  using Ptr = std::shared_ptr<const InternedNode>;
  using Make = std::function<Result<Ptr>()>;

  struct Found {
    NodeId id;
    Ptr node;
  };

  // The node with that key, made if need be; counts one look-up. `make` runs under the shard's lock
  // and must do no I/O.
  Result<Found> intern(std::string_view key, const Make& make);

  // Null after the last forget.
  Ptr find(NodeId id) const;

  // Gives back `lookups` look-ups; the node goes with the last.
  void forget(NodeId id, uint64_t lookups);

  size_t size() const;

  // Under the locks, shard by shard: `visit` must be short and may not come back here.
  void for_each(const std::function<void(NodeId, const InternedNode&)>& visit) const;

 private:
  struct Entry {
    Ptr node;
    std::string key;
    uint64_t lookups = 0;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<uint64_t, Entry> by_id;            // guarded by mutex
    std::unordered_map<std::string, uint64_t> id_by_key;  // guarded by mutex
    uint64_t next = 0;                                    // guarded by mutex
  };
  static constexpr size_t kShards = 16;  // the low bits of an id tell its shard

  Shard& shard_of(NodeId id) { return shards_[id.value() % kShards]; }
  const Shard& shard_of(NodeId id) const { return shards_[id.value() % kShards]; }

  std::array<Shard, kShards> shards_;
};

// A stable inode number for a key: the same after every mount. Bit 62 is set, so that it never
// meets a computed id.
uint64_t interned_inode(std::string_view key);

}  // namespace neurofs
