// The kinds of interned nodes: what InternedNodes holds for FileSystem.
//
// Purpose: plain immutable values behind a kernel node id. Thread-safe.
// Ownership: a region shares its field through its reader; what lies below a lens shares its files.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/engine/field.h"
#include "fs/field_files.h"
#include "fs/interned_nodes.h"
#include "fs/view.h"

namespace neurofs {

struct RegionNode final : InternedNode {
  uint32_t field = 0;
  std::shared_ptr<const FieldFiles> lens;  // null: the field's own files
  int view = 0;
  std::unique_ptr<ViewLayout> layout;
  std::optional<RegionReader> reader;  // of the region; always set, after the layout was possible
  uint64_t inode = 0;
};

// A named region.
struct LinkNode final : InternedNode {
  uint32_t field = 0;
  std::string target;
  uint64_t inode = 0;
  int64_t modified_ns = 0;
};

// A control file as it was when it was looked up: its bytes never change under an open file.
struct SnapshotNode final : InternedNode {
  std::string text;
  uint64_t inode = 0;
  int64_t modified_ns = 0;
};

// What has no computed id: a neuron or bucket whose number passes the bits of one, and all below a lens.
struct PlacedNode final : InternedNode {
  Node node;
  std::shared_ptr<const FieldFiles> lens;  // keeps node.lens
  // The name of a lens directory, and where it is found.
  NodeId parent{0};
  std::string name;
};

}  // namespace neurofs
