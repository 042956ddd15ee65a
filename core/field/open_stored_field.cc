#include <array>

#include "core/base/log.h"
#include "core/field/chunk_key.h"
#include "core/field/node_reader.h"
#include "core/field/npy_header.h"
#include "core/field/raw_description.h"
#include "core/field/zarr_field.h"

namespace neurofs {

namespace {

using Kind = NodeDocuments::Kind;

// The first bytes of an object, as many as it has.
Result<ByteVector> read_head(ObjectStore& store, std::string_view key, uint64_t size,
                             ObjectInfo* seen) {
  ByteVector head(size);
  const MutableBytes dest(head);
  ReadOp op;
  op.key = key;
  op.range = {0, size};
  op.dests = {&dest, 1};
  op.seen = seen;
  store.read({&op, 1});
  if (op.outcome == ReadOp::Outcome::kError) return op.status;
  if (op.outcome != ReadOp::Outcome::kData) return corrupt("the file vanished while it was read");
  return head;
}

// Nothing when the file has no .npy magic.
Result<std::optional<FieldSpec>> read_npy(ObjectStore& store, std::string_view key, uint64_t size) {
  ObjectInfo seen;
  NF_ASSIGN(const ByteVector start,
            read_head(store, key, std::min<uint64_t>(size, kNpyPreambleBytes), &seen));
  if (!has_npy_magic(start)) return std::optional<FieldSpec>();
  NF_ASSIGN(const size_t offset, npy_data_offset(start));
  if (size < offset) return corrupt("the .npy file ends within its header");
  NF_ASSIGN(ByteVector head, read_head(store, key, offset, &seen));
  NF_ASSIGN(FieldSpec spec, parse_npy_header(head));
  NF_TRY(check_file_holds(spec, seen.size));
  if (const uint64_t left = trailing_bytes(spec, seen.size); left > 0) {
    log_warning(document_url(store, "", key) + ": " + std::to_string(left) +
                " bytes after the array of the .npy file are ignored, as by NumPy");
  }
  spec.object_head = std::move(head);
  spec.object_version = seen.version;
  return std::optional<FieldSpec>(std::move(spec));
}

Result<std::optional<FieldSpec>> read_raw(ObjectStore& store, std::string_view key,
                                          const ObjectInfo& info) {
  const std::string description = std::string(key) + ".json";
  NF_ASSIGN(const auto document, read_document(store, "", description));
  if (!document) return std::optional<FieldSpec>();
  auto spec = parse_raw_description(document->content, info.size);
  if (!spec.ok()) return spec.status().with_context(document_url(store, "", description));
  spec->object_version = info.version;
  return std::optional<FieldSpec>(std::move(spec).value());
}

// A .npy file, or a raw file with its description.
Result<std::optional<FieldSpec>> read_file(ObjectStore& store, std::string_view key) {
  const auto info = store.stat(key);
  // A store may refuse to stat what is no object, such as a directory.
  if (!info.ok() || !info->exists) return std::optional<FieldSpec>();
  const std::string url = document_url(store, "", key);
  auto spec = read_npy(store, key, info->size);
  if (spec.ok() && !spec->has_value()) spec = read_raw(store, key, *info);
  if (!spec.ok()) return spec.status().with_context(url);
  if (spec->has_value()) (*spec)->object_key = std::string(key);
  return spec;
}

}  // namespace

Result<std::shared_ptr<StoredField>> open_stored_field(std::shared_ptr<ObjectStore> store,
                                                       std::string_view path,
                                                       const FieldOptions& options) {
  if (!path.empty()) {
    NF_ASSIGN(auto file, read_file(*store, path));
    if (file) return make_stored_field(std::move(store), path, std::move(*file), options);
  }
  NF_ASSIGN(const NodeDocuments node, read_node(*store, path));
  const std::string url = document_url(*store, path, "");
  if (node.kind == Kind::kGroup) {
    return not_found(url + " is a group, not an array; name one of the arrays in it");
  }
  if (node.kind == Kind::kNone) {
    return not_found("no array at " + url +
                     ": looked for zarr.json, .zarray, a .npy file, and a raw file with its "
                     "description NAME.json");
  }
  auto spec = parse_array(node);
  if (!spec.ok()) {
    return spec.status().with_context(
        document_url(*store, path, node.zarr3 ? "zarr.json" : ".zarray"));
  }
  return make_stored_field(std::move(store), path, std::move(spec).value(), options);
}

}  // namespace neurofs
