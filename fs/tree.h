// Tree: names to nodes, and the names in each directory, without a kernel and without I/O.
//
// Purpose: the namespace of DESIGN.md as arithmetic on names and numbers. Groups and fields are
// known when the tree is made; everything below a field follows from its FieldFiles, or from those of
// the lens that a node carries. Thread-safety:
// immutable after construction. Ownership: owns its directories. Errors of lookup: kNotFound for
// what is not a name here, kNameTooLong past 255 bytes, kInvalidArgument for a region out of
// bounds, kOverflow for a file that no kernel could show.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/geometry/region.h"
#include "fs/field_files.h"
#include "fs/node_id.h"

namespace neurofs {

// A group (files is null) or a field.
struct Directory {
  std::string path;  // "" for the root, else "a/b"
  uint32_t parent = 0;
  std::map<std::string, uint32_t, std::less<>> children;  // groups and fields in this group
  std::unique_ptr<FieldFiles> files;
};

// What a name means. Regions, aliases, control files, lenses and orders become nodes in FileSystem, since they
// depend on more than names.
struct Target {
  enum class Kind : uint8_t { kNode, kRegion, kRegionAlias, kControlFile, kLens, kOrder };
  Kind kind = Kind::kNode;
  Node node{};      // kNode; else only `field` and `lens`, the parent's, are set
  Region region{};  // kRegion
  int view = -1;    // kRegion, kRegionAlias
  std::string_view
      name{};  // kRegionAlias: the stem; kControlFile: the name; kLens, kOrder: behind the '@'
};

class Tree {
 public:
  // Whether the directory goes on: false when the caller's buffer is full.
  using Emit = std::function<bool(std::string_view name, const Node& node, uint64_t next)>;

  // `directories[0]` is the root; children name indexes.
  explicit Tree(std::vector<Directory> directories);

  Result<Target> lookup(const Node& parent, std::string_view name) const;

  // Whether a decoded id names something here.
  bool exists(const Node& node) const;

  // Emits the entries of a directory or bucket from position `from` on, in a fixed order; `next` is
  // the position after each. regions/ and .neurofs/ are listed by FileSystem.
  void list(const Node& parent, uint64_t from, const Emit& emit) const;

  Node parent_of(const Node& node) const;
  const Directory& directory(uint32_t index) const { return directories_[index]; }
  // Of the field that the node belongs to, as the node's lens and order show it; null for a group.
  const FieldFiles* files_of(const Node& node) const {
    return node.lens != nullptr ? node.lens : directories_[node.field].files.get();
  }
  size_t size() const { return directories_.size(); }

  // "layer1/@relu/neurons/42.npy": for messages.
  std::string path_of(const Node& node) const;

 private:
  Result<Target> lookup_in_directory(const Node& parent, std::string_view name) const;
  Result<Target> lookup_in_bucket(const Node& parent, std::string_view name) const;
  Result<Target> lookup_in_regions(const Node& parent, std::string_view name) const;
  std::string lens_name(const Node& node) const;
  void list_directory(const Node& parent, uint64_t from, const Emit& emit) const;
  void list_bucket(const Node& parent, uint64_t from, const Emit& emit) const;

  std::vector<Directory> directories_;
};

}  // namespace neurofs
