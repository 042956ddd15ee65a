#include <nlohmann/json.hpp>

#include "core/engine/field_layout.h"
#include "core/engine/field_writer.h"
#include "core/field/chunk_key.h"
#include "core/field/field_lens.h"
#include "core/field/zarr3_metadata.h"

namespace neurofs {
namespace {

using nlohmann::json;

json list_of(const Dims& dims) {
  return json(std::vector<Index>(dims.begin(), dims.end()));
}

json bytes_codec(size_t item) {
  if (item == 1) return {{"name", "bytes"}};
  return {{"name", "bytes"}, {"configuration", {{"endian", "little"}}}};
}

json sharding_codec(const Dims& chunk_shape, json codecs) {
  return {{"name", "sharding_indexed"},
          {"configuration",
           {{"chunk_shape", list_of(chunk_shape)},
            {"codecs", std::move(codecs)},
            {"index_codecs", {bytes_codec(sizeof(uint64_t)), {{"name", "crc32c"}}}},
            {"index_location", "end"}}}};
}

// People write one number; complex and bool have their own JSON forms.
json fill_json(const json& value, DataType dtype) {
  if (dtype == DataType::kBool && (value == 0 || value == 1)) return value == 1;
  const bool complex = dtype == DataType::kComplex64 || dtype == DataType::kComplex128;
  if (complex && value.is_number()) return {value, 0.0};
  return value;
}

bool is_compressed(const json& codecs) {
  if (!codecs.is_array()) return false;
  for (const json& codec : codecs) {
    const std::string name = codec.is_object() ? codec.value("name", "") : "";
    const bool keeps_places = name == "bytes" || name == "transpose" ||
                              ArrayToArrayRegistry::instance().find(name) != nullptr;
    if (!keeps_places) return true;
  }
  return false;
}

json array_document(const CreateOptions& options, const FieldLayout& layout) {
  json codecs = options.codecs;
  if (codecs.is_null()) codecs = json::array({bytes_codec(item_size(options.dtype))});
  if (layout.shard_shape != layout.chunk_shape) {
    codecs = json::array({sharding_codec(layout.chunk_shape, std::move(codecs))});
  }
  json document = {
      {"zarr_format", 3},
      {"node_type", "array"},
      {"shape", list_of(options.shape)},
      {"data_type", zarr_name(options.dtype)},
      {"chunk_grid",
       {{"name", "regular"}, {"configuration", {{"chunk_shape", list_of(layout.shard_shape)}}}}},
      {"chunk_key_encoding", {{"name", "default"}, {"configuration", {{"separator", "/"}}}}},
      {"fill_value", fill_json(options.fill_value, options.dtype)},
      {"codecs", std::move(codecs)},
      {"attributes", options.attributes},
  };
  if (!options.dimension_names.empty()) document["dimension_names"] = options.dimension_names;
  return document;
}

}  // namespace

Result<json> make_zarr3_metadata(const CreateOptions& options) {
  NF_ASSIGN(const size_t neuron_axes, neuron_axes_of(options.shape, options.attributes));
  NF_ASSIGN(const FieldLayout layout, choose_layout({.shape = options.shape,
                                                     .neuron_axes = neuron_axes,
                                                     .item_size = item_size(options.dtype),
                                                     .compressed = is_compressed(options.codecs),
                                                     .chunk_shape = options.chunk_shape,
                                                     .shard_shape = options.shard_shape}));
  // By way of text, which is what a reader gets.
  json document = json::parse(array_document(options, layout).dump());
  const auto parsed = parse_zarr3_array(document);
  if (!parsed.ok()) return parsed.status().with_context("the new field's zarr.json");
  NF_TRY(activation_of(*parsed));  // or no mount would show the field
  return document;
}

Status create_field(ObjectStore& store, std::string_view path, const CreateOptions& options) {
  NF_ASSIGN(const json document, make_zarr3_metadata(options));
  const std::string key = join_key(path, "zarr.json");
  for (const char* name : {"zarr.json", ".zarray", ".zgroup"}) {
    NF_ASSIGN(const ObjectInfo info, store.stat(join_key(path, name)));
    if (!info.exists || (options.overwrite && key == join_key(path, name))) continue;
    return Status(Code::kExists, store.url() + ": " + join_key(path, name) +
                                     " exists already; choose another place or ask to overwrite");
  }
  const std::string text = document.dump(2) + '\n';
  return store.put(key, std::as_bytes(std::span(text)));
}

}  // namespace neurofs
