// Two sources of nodes: consolidated metadata of the root (.zmetadata, or inline in zarr.json),
// which is trusted as zarr-python trusts it, or else listings, level by level:
//   list the groups of the level, several at once; read what may be nodes below them, in large batches;
//   the groups among these are the next level
#include "core/field/hierarchy.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "core/base/executor.h"
#include "core/base/log.h"
#include "core/field/chunk_key.h"
#include "core/field/node_name.h"
#include "core/field/node_reader.h"
#include "core/field/zarr3_metadata.h"
#include "core/field/zarr_field.h"

namespace neurofs {

namespace {

using nlohmann::json;
using Kind = NodeDocuments::Kind;

constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxNodes = 100000;
constexpr size_t kReadAtOnce = 64;  // nodes, of up to 64 MiB of documents
constexpr size_t kListedAtOnce = 8;

class Walk {
 public:
  Walk(std::shared_ptr<ObjectStore> store, std::string_view base, const FieldOptions& options)
      : store_(std::move(store)), base_(base), options_(options) {}

  Result<Hierarchy> run() {
    NF_ASSIGN(const NodeDocuments root, read_node(*store_, base_));
    if (root.kind == Kind::kNone) return open_file();
    add("", root);
    if (root.kind == Kind::kGroup) {
      NF_ASSIGN(const bool consolidated, add_consolidated(root));
      if (!consolidated) NF_TRY(walk_listings());
    }
    std::sort(found_.nodes.begin(), found_.nodes.end(),
              [](const HierarchyNode& a, const HierarchyNode& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  std::string full_path(const std::string& path) const { return join_key(base_, path); }

  // The root may be a .npy or a raw file.
  Result<Hierarchy> open_file() {
    HierarchyNode node;
    NF_ASSIGN(node.field, open_stored_field(store_, base_, options_));
    node.attributes = node.field->spec().attributes;
    const auto info = store_->stat(node.field->spec().object_key);
    if (info.ok()) node.modified_ns = info->modified_ns;
    found_.nodes.push_back(std::move(node));
    return std::move(found_);
  }

  void add(const std::string& path, const NodeDocuments& documents) {
    HierarchyNode node;
    node.path = path;
    node.is_group = documents.kind == Kind::kGroup;
    node.attributes = documents.attributes;
    node.modified_ns = documents.modified_ns;
    if (!node.is_group) {
      auto spec = parse_array(documents);
      if (spec.ok()) {
        node.field = make_stored_field(store_, full_path(path), std::move(spec).value(), options_);
      } else {
        node.status = spec.status().with_context(
            document_url(*store_, full_path(path), documents.zarr3 ? "zarr.json" : ".zarray"));
      }
    }
    found_.nodes.push_back(std::move(node));
  }

  void add_failed(const std::string& path, Status status) {
    HierarchyNode node;
    node.path = path;
    node.status = std::move(status);
    found_.nodes.push_back(std::move(node));
  }

  bool full() {
    if (found_.nodes.size() < kMaxNodes) return false;
    if (!found_.truncated) {
      log_warning(store_->url() + ": more than 100,000 nodes; the rest is left out");
    }
    return found_.truncated = true;
  }

  // The root's listing must not fail; what lies below it must not be hidden by another group's.
  Status walk_listings() {
    std::vector<std::string> groups = {""};
    for (size_t depth = 1; !groups.empty(); ++depth) {
      if (depth > kMaxDepth) {
        found_.truncated = true;
        log_warning(store_->url() + ": groups nested deeper than 64 levels are left out");
        return {};
      }
      const auto listings = list_all(groups);
      std::vector<std::string> below;
      for (size_t i = 0; i < groups.size(); ++i) {
        if (listings[i].ok()) {
          add_names(groups[i], *listings[i], &below);
        } else if (depth == 1) {
          return listings[i].status();
        } else {
          log_warning(listings[i].status().message());
        }
      }
      groups = read_level(below);
    }
    return {};
  }

  std::vector<Result<std::vector<ListEntry>>> list_all(const std::vector<std::string>& groups) {
    std::vector<Result<std::vector<ListEntry>>> listings(groups.size(), std::vector<ListEntry>());
    const auto list = [&](size_t i) {
      listings[i] = store_->list(full_path(groups[i]), kMaxNodes);
    };
    if (groups.size() == 1 || store_->has_local_objects()) {
      for (size_t i = 0; i < groups.size(); ++i) list(i);
      return listings;
    }
    Executor lister(std::min(groups.size(), kListedAtOnce), groups.size());
    for (size_t i = 0; i < groups.size(); ++i) lister.submit([&list, i] { list(i); });
    lister.drain();
    return listings;
  }

  void add_names(const std::string& group, const std::vector<ListEntry>& entries,
                 std::vector<std::string>* below) {
    for (const ListEntry& entry : entries) {
      if (!entry.is_prefix) continue;  // documents and chunks
      if (is_node_name(entry.name)) {
        below->push_back(join_key(group, entry.name));
      } else {
        ++found_.hidden_names;
      }
    }
  }

  // Returns the groups.
  std::vector<std::string> read_level(std::span<const std::string> paths) {
    std::vector<std::string> groups;
    for (; !paths.empty(); paths = paths.subspan(std::min(kReadAtOnce, paths.size()))) {
      const auto some = paths.first(std::min(kReadAtOnce, paths.size()));
      std::vector<std::string> full_paths;
      for (const std::string& path : some) full_paths.push_back(full_path(path));
      const auto nodes = read_nodes(*store_, full_paths);
      for (size_t i = 0; i < some.size(); ++i) {
        if (full()) return groups;
        if (!nodes[i].ok()) {
          add_failed(some[i], nodes[i].status());
        } else if (nodes[i]->kind != Kind::kNone) {
          add(some[i], *nodes[i]);
          if (nodes[i]->kind == Kind::kGroup) groups.push_back(some[i]);
        }
      }
    }
    return groups;
  }

  // False when the root has no consolidated metadata.
  Result<bool> add_consolidated(const NodeDocuments& root) {
    if (root.zarr3) {
      const auto member = root.metadata.find("consolidated_metadata");
      if (member == root.metadata.end() || !member->is_object()) return false;
      const auto nodes = member->find("metadata");
      if (nodes == member->end() || !nodes->is_object()) return false;
      add_all(collect_zarr3(*nodes), root.modified_ns);
      return true;
    }
    NF_ASSIGN(const auto document, read_document(*store_, base_, ".zmetadata"));
    if (!document || !document->content.is_object()) return false;
    const auto nodes = document->content.find("metadata");
    if (nodes == document->content.end() || !nodes->is_object()) return false;
    add_all(collect_zarr2(*nodes), document->modified_ns);
    return true;
  }

  using Collected = std::map<std::string, Result<NodeDocuments>>;

  static Collected collect_zarr3(const json& nodes) {
    Collected collected;
    for (const auto& [path, metadata] : nodes.items()) {
      const auto type = zarr3_node_type(metadata);
      if (!type.ok()) {
        collected.emplace(path, type.status().with_context("consolidated metadata"));
        continue;
      }
      NodeDocuments node;
      node.zarr3 = true;
      node.kind = *type == Zarr3NodeType::kArray ? Kind::kArray : Kind::kGroup;
      const auto attributes = metadata.find("attributes");
      if (attributes != metadata.end() && attributes->is_object()) node.attributes = *attributes;
      node.metadata = metadata;
      collected.emplace(path, std::move(node));
    }
    return collected;
  }

  static Collected collect_zarr2(const json& documents) {
    Collected collected;
    for (const auto& [key, document] : documents.items()) {
      const size_t slash = key.rfind('/');
      const std::string path = slash == std::string::npos ? "" : key.substr(0, slash);
      const std::string name = slash == std::string::npos ? key : key.substr(slash + 1);
      const bool is_array = name == ".zarray";
      if (!is_array && name != ".zgroup") continue;
      NodeDocuments node;
      node.kind = is_array ? Kind::kArray : Kind::kGroup;
      node.metadata = document;
      const auto attributes = documents.find(join_key(path, ".zattrs"));
      if (attributes != documents.end() && attributes->is_object()) node.attributes = *attributes;
      // Where both are there, the array counts, as in read_node.
      if (is_array) {
        collected.insert_or_assign(path, std::move(node));
      } else {
        collected.emplace(path, std::move(node));
      }
    }
    return collected;
  }

  // A consolidated document may name anything: paths that no listing would give, and nodes below
  // arrays or below paths that it does not have, are hidden.
  void add_all(const Collected& collected, int64_t modified_ns) {
    std::set<std::string> groups = {""};
    for (const auto& [path, node] : collected) {
      if (path.empty()) continue;
      if (full()) return;
      const size_t slash = path.rfind('/');
      const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
      if (!is_node_path(path, kMaxDepth) || groups.count(parent) == 0) {
        ++found_.hidden_names;
      } else if (!node.ok()) {
        add_failed(path, node.status());
      } else {
        if (node->kind == Kind::kGroup) groups.insert(path);
        add(path, *node);
        found_.nodes.back().modified_ns = modified_ns;
      }
    }
  }

  std::shared_ptr<ObjectStore> store_;
  const std::string base_;
  const FieldOptions options_;
  Hierarchy found_;
};

}  // namespace

Result<Hierarchy> open_hierarchy(std::shared_ptr<ObjectStore> store, std::string_view path,
                                 const FieldOptions& options) {
  return Walk(std::move(store), path, options).run();
}

}  // namespace neurofs
