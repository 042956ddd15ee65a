// Node ids: 64-bit names of files and directories, computed, not handed out.
//
// Purpose: a node's id tells what it is by arithmetic, so that 86 billion neurons need no table,
// the same file has the same inode number by every path and after every mount, and a read finds its
// field without a lock. Only nodes that numbers cannot name (regions, snapshots of control files,
// symbolic links, neurons past the number bits, all below a lens) live in a table:
// fs/interned_nodes.h.
// Thread-safety: immutable. Pure.
//
//   bits 57..61  kind, with the view of a file or the depth of a bucket folded in; 0: interned
//   bits N..56   index of the directory in the tree (a field or a group); at least 8 bits
//   bits 0..N-1  neuron, bucket or view number
//
// The root is 1, as the kernel demands. Ids stay below 2^62; bit 62 marks the inode numbers of
// interned nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/strong_id.h"

namespace neurofs {

using NodeId = StrongId<struct NodeTag, uint64_t>;

inline constexpr NodeId kRootId{1};
// Ids of interned nodes begin here.
inline constexpr uint64_t kFirstInterned = 16;

struct FieldFiles;

struct Node {
  enum class Kind : uint8_t {
    kInterned,   // number: the whole id
    kDirectory,  // a group or a field
    kControl,    // .neurofs/
    kRegions,    // regions/
    kWhole,      // field.EXT; view
    kBucket,     // neurons/ (depth 0) and below; depth, number
    kNeuron,     // view, number
  };
  Kind kind = Kind::kInterned;
  uint8_t view = 0;
  uint8_t depth = 0;
  uint32_t field = 0;  // index in the tree; 0 is the root
  uint64_t number = 0;
  // The files of a lens, kept alive by the interned node; null for the field's own.
  const FieldFiles* lens = nullptr;

  bool operator==(const Node&) const = default;
};

inline bool is_directory(Node::Kind kind) {
  return kind == Node::Kind::kDirectory || kind == Node::Kind::kControl ||
         kind == Node::Kind::kRegions || kind == Node::Kind::kBucket;
}

class NodeIds {
 public:
  // `directories`: how many groups and fields the tree has.
  explicit NodeIds(size_t directories);

  // Nothing below a lens, and when the number needs more bits than there are: intern it.
  std::optional<NodeId> encode(const Node& node) const;
  // Total: any 64-bit number, also one from a forged NFS handle, decodes to some node; whether that
  // exists is for the tree to say.
  Node decode(NodeId id) const;

  int number_bits() const { return number_bits_; }

 private:
  int number_bits_;
};

}  // namespace neurofs
