// Hierarchy: the arrays of a group, by path.
//
// Purpose: a mounted group shows its arrays as directories. Walks zarr.json / .zgroup / .zmetadata
// within bounds (depth 64, 100,000 nodes). One bad array does not hide the others: it is listed
// with the reason. Of a remote store the nodes of a level are read together, and its groups listed so.
// Thread-safety: free function. Errors: kNotFound when the root is neither group nor array. Names that
// are not one plain path component ("..", "/", control characters, "__*") are dropped and counted.
#pragma once

#include <string>
#include <vector>

#include "core/field/stored_field.h"

namespace neurofs {

struct HierarchyNode {
  std::string path;  // "" for the root, else "a/b"
  bool is_group = false;
  std::shared_ptr<StoredField> field;  // arrays that opened
  Status status;                       // arrays that did not: why
  nlohmann::json attributes = nlohmann::json::object();
  // Of the document that describes it, the consolidated one where that was read; 0: not known.
  int64_t modified_ns = 0;
};

struct Hierarchy {
  std::vector<HierarchyNode> nodes;  // sorted by path; the root first
  uint64_t hidden_names = 0;
  bool truncated = false;  // a bound was met and nodes were left out
};

Result<Hierarchy> open_hierarchy(std::shared_ptr<ObjectStore> store, std::string_view path,
                                 const FieldOptions& options);

}  // namespace neurofs
