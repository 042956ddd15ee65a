#include "core/field/node_reader.h"

#include <array>

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
  bool exists = false;
};
using Documents = std::array<Document, kNames.size()>;

Result<Documents> read_documents(ObjectStore& store, std::string_view path) {
  Documents documents;
  std::array<ReadOp, kNames.size()> ops;
  for (size_t i = 0; i < kNames.size(); ++i) {
    documents[i].key = join_key(path, kNames[i]);
    ops[i].key = documents[i].key;
    ops[i].whole = &documents[i].bytes;
    ops[i].whole_limit = kMaxDocumentBytes;
  }
  store.read(ops);
  for (size_t i = 0; i < kNames.size(); ++i) {
    documents[i].exists = ops[i].outcome == ReadOp::Outcome::kData;
    // Beside zarr.json the others do not count; a store may deny them because they are not there.
    if (ops[i].outcome == ReadOp::Outcome::kError && !documents[0].exists) {
      return ops[i].status.with_context(document_url(store, path, kNames[i]));
    }
  }
  return documents;
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

}  // namespace

std::string document_url(const ObjectStore& store, std::string_view path, std::string_view name) {
  std::string url = store.url();
  if (!url.ends_with('/')) url += '/';
  return url + join_key(path, name);
}

Result<std::optional<json>> read_document(ObjectStore& store, std::string_view path,
                                          std::string_view name) {
  const auto bytes = read_all(store, join_key(path, name), kMaxDocumentBytes);
  if (bytes.status().code() == Code::kNotFound) return std::optional<json>();
  if (!bytes.ok()) return bytes.status();
  NF_ASSIGN(json document, parse_json_document(*bytes, document_url(store, path, name)));
  return std::optional<json>(std::move(document));
}

Result<NodeDocuments> read_node(ObjectStore& store, std::string_view path) {
  NF_ASSIGN(const Documents documents, read_documents(store, path));
  const auto& [zarr_json, zarray, zgroup, zattrs] = documents;
  const auto url = [&](std::string_view name) { return document_url(store, path, name); };
  if (zarr_json.exists) return zarr3_node(zarr_json, url(kNames[0]));
  NodeDocuments node;
  if (!zarray.exists && !zgroup.exists) return node;
  node.kind = zarray.exists ? Kind::kArray : Kind::kGroup;
  NF_ASSIGN(node.metadata, zarray.exists ? parse_json_document(zarray.bytes, url(kNames[1]))
                                         : parse_json_document(zgroup.bytes, url(kNames[2])));
  node.attributes = zarr2_attributes(zattrs, url(kNames[3]));
  return node;
}

Result<FieldSpec> parse_array(const NodeDocuments& node) {
  return node.zarr3 ? parse_zarr3_array(node.metadata)
                    : parse_zarr2_array(node.metadata, node.attributes);
}

}  // namespace neurofs
