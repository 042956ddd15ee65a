// Reads what lies at one path of a store: the metadata documents of an array or a group.
//
// Purpose: shared by open_stored_field and open_hierarchy. Many nodes are read in two batches: every zarr.json,
// then the documents of Zarr v2 where there is none, so that a group in a remote store costs few round trips and
// about one request an array.
// Thread-safety: free functions. Errors: kCorrupt, kUnsupported, ... from parsing, with the
// document's URL; store errors as they come.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/field/field_spec.h"
#include "core/storage/object_store.h"

namespace neurofs {

struct NodeDocuments {
  enum class Kind : uint8_t { kNone, kArray, kGroup };
  Kind kind = Kind::kNone;
  bool zarr3 = false;
  nlohmann::json metadata;  // zarr.json, .zarray or .zgroup
  nlohmann::json attributes = nlohmann::json::object();
  int64_t modified_ns = 0;  // of what `metadata` was read from; 0 where the store does not know
};

struct FoundDocument {
  nlohmann::json content;
  int64_t modified_ns = 0;
};

// "file:///data/brain.zarr/a/zarr.json": how messages name a document.
std::string document_url(const ObjectStore& store, std::string_view path, std::string_view name);

// A document, or nothing when it is missing.
Result<std::optional<FoundDocument>> read_document(ObjectStore& store, std::string_view path,
                                                   std::string_view name);

// kNone when there is neither zarr.json nor .zarray nor .zgroup. A .zattrs that cannot be read
// leaves the attributes empty and logs a warning: it must not take the data away.
Result<NodeDocuments> read_node(ObjectStore& store, std::string_view path);
// The same for each of the paths. Memory: up to 64 MiB a path.
std::vector<Result<NodeDocuments>> read_nodes(ObjectStore& store,
                                              std::span<const std::string> paths);

// The field that the documents of an array describe.
Result<FieldSpec> parse_array(const NodeDocuments& node);

}  // namespace neurofs
