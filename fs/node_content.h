// The kinds of interned nodes: what InternedNodes holds for FileSystem.
//
// Purpose: plain immutable values behind a kernel node id. Thread-safe.
// Ownership: a region shares its field through its reader.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/engine/field.h"
#include "fs/interned_nodes.h"
#include "fs/view.h"

namespace neurofs {

struct RegionNode final : InternedNode {
  uint32_t field = 0;
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

// A neuron or bucket whose number passes the bits of a computed id.
struct WideNode final : InternedNode {
  Node node;
};

}  // namespace neurofs
