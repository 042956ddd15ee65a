#include "core/field/node_reader.h"

#include <array>
#include <numeric>

#include "core/base/log.h"
#include "core/field/chunk_key.h"
#include "core/field/json_document.h"
#include "core/field/zarr2_metadata.h"
#include "core/field/zarr3_metadata.h"

namespace neurofs {

namespace {

using nlohmann::json;
using Kind = NodeDocuments::Kind;

constexpr std::array<std::string_view, 4> kNames = {"zarr.json", ".zarray", ".zgroup", ".zattrs"};

struct Document {
  std::string key;
  ByteVector bytes;
  ObjectInfo seen;
  bool exists = false;
};

// Of one node. `error` names the first document that could not be read.
struct Documents {
  std::array<Document, kNames.size()> all;
  Status error;

  bool has(size_t name) const { return all[name].exists; }
};

// Documents number `first` to `end` of the nodes that are told by `of`, in one batch.
void read_documents(ObjectStore& store, std::span<const std::string> paths,
                    std::span<const size_t> of, size_t first, size_t end,
                    std::vector<Documents>* nodes) {
  std::vector<ReadOp> ops;
  for (const size_t node : of) {
    for (size_t name = first; name < end; ++name) {
      Document& document = (*nodes)[node].all[name];
      document.key = join_key(paths[node], kNames[name]);
      ReadOp op;
      op.key = document.key;
      op.whole = &document.bytes;
      op.whole_limit = kMaxDocumentBytes;
      op.seen = &document.seen;
      ops.push_back(op);
    }
  }
  store.read(ops);
  for (size_t i = 0; i < ops.size(); ++i) {
    const size_t node = of[i / (end - first)];
    const size_t name = first + i % (end - first);
    Documents& documents = (*nodes)[node];
    documents.all[name].exists = ops[i].outcome == ReadOp::Outcome::kData;
    // Beside zarr.json the others are not asked for: a store may deny them because they are not there.
    if (ops[i].outcome != ReadOp::Outcome::kError || !documents.error.ok()) continue;
    documents.error = ops[i].status.with_context(document_url(store, paths[node], kNames[name]));
  }
}

Result<NodeDocuments> zarr3_node(const Document& document, const std::string& url) {
  NodeDocuments node;
  node.zarr3 = true;
  NF_ASSIGN(node.metadata, parse_json_document(document.bytes, url));
  const auto type = zarr3_node_type(node.metadata);
  if (!type.ok()) return type.status().with_context(url);
  node.kind = *type == Zarr3NodeType::kArray ? Kind::kArray : Kind::kGroup;
  const auto attributes = node.metadata.find("attributes");
  if (attributes != node.metadata.end() && attributes->is_object()) node.attributes = *attributes;
  node.modified_ns = document.seen.modified_ns;
  return node;
}

json zarr2_attributes(const Document& document, const std::string& url) {
  if (!document.exists) return json::object();
  auto attributes = parse_json_document(document.bytes, url);
  if (attributes.ok() && attributes->is_object()) return std::move(attributes).value();
  log_warning("attributes are left out: " +
              (attributes.ok() ? url + ": not an object" : attributes.status().message()));
  return json::object();
}

Result<NodeDocuments> node_of(const ObjectStore& store, std::string_view path,
                              const Documents& documents) {
  NF_TRY(documents.error);
  const auto& [zarr_json, zarray, zgroup, zattrs] = documents.all;
  const auto url = [&](std::string_view name) { return document_url(store, path, name); };
  if (zarr_json.exists) return zarr3_node(zarr_json, url(kNames[0]));
  NodeDocuments node;
  if (!zarray.exists && !zgroup.exists) return node;
  node.kind = zarray.exists ? Kind::kArray : Kind::kGroup;
  const Document& document = zarray.exists ? zarray : zgroup;
  NF_ASSIGN(node.metadata, parse_json_document(document.bytes, url(kNames[zarray.exists ? 1 : 2])));
  node.attributes = zarr2_attributes(zattrs, url(kNames[3]));
  node.modified_ns = document.seen.modified_ns;
  return node;
}

}  // namespace

std::string document_url(const ObjectStore& store, std::string_view path, std::string_view name) {
  std::string url = store.url();
  if (!url.ends_with('/')) url += '/';
  return url + join_key(path, name);
}

Result<std::optional<FoundDocument>> read_document(ObjectStore& store, std::string_view path,
                                                   std::string_view name) {
  Document document{join_key(path, name), {}, {}, false};
  ReadOp op;
  op.key = document.key;
  op.whole = &document.bytes;
  op.whole_limit = kMaxDocumentBytes;
  op.seen = &document.seen;
  store.read({&op, 1});
  if (op.outcome == ReadOp::Outcome::kError) return op.status;
  if (op.outcome == ReadOp::Outcome::kMissing) return std::optional<FoundDocument>();
  FoundDocument found;
  NF_ASSIGN(found.content, parse_json_document(document.bytes, document_url(store, path, name)));
  found.modified_ns = document.seen.modified_ns;
  return std::optional<FoundDocument>(std::move(found));
}

std::vector<Result<NodeDocuments>> read_nodes(ObjectStore& store,
                                              std::span<const std::string> paths) {
  std::vector<Documents> documents(paths.size());
  std::vector<size_t> of(paths.size());
  std::iota(of.begin(), of.end(), size_t{0});
  read_documents(store, paths, of, 0, 1, &documents);
  std::erase_if(of,
                [&](size_t node) { return documents[node].has(0) || !documents[node].error.ok(); });
  if (!of.empty()) read_documents(store, paths, of, 1, kNames.size(), &documents);
  std::vector<Result<NodeDocuments>> nodes;
  for (size_t i = 0; i < paths.size(); ++i) nodes.push_back(node_of(store, paths[i], documents[i]));
  return nodes;
}

Result<NodeDocuments> read_node(ObjectStore& store, std::string_view path) {
  const std::string one(path);
  return std::move(read_nodes(store, {&one, 1}).front());
}

Result<FieldSpec> parse_array(const NodeDocuments& node) {
  return node.zarr3 ? parse_zarr3_array(node.metadata)
                    : parse_zarr2_array(node.metadata, node.attributes);
}

}  // namespace neurofs
