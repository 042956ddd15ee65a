#include "core/field/zarr3_metadata.h"

#include <nlohmann/json.hpp>

#include "core/codec/fill_value.h"
#include "core/field/json_member.h"
#include "core/field/sharding.h"
#include "core/field/spec_checks.h"

namespace neurofs {

namespace {

using nlohmann::json;

Result<DataType> read_data_type(const json& value) {
  NF_ASSIGN(const NamedConfig named, read_named_config(value, "data_type"));
  // parse_data_type also knows the names that people type; a file must use the format's own.
  const auto type = parse_data_type(named.name);
  if (!type.ok() || zarr_name(*type) != named.name || !named.configuration->empty()) {
    return unsupported("data_type " +
                       value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 200) +
                       " is not one that this build knows (`neurofs plugins` lists them)");
  }
  return *type;
}

Result<Dims> read_chunk_grid(const json& value, const Dims& shape) {
  NF_ASSIGN(const NamedConfig grid, read_named_config(value, "chunk_grid"));
  if (grid.name != "regular") {
    return unsupported("chunk_grid \"" + grid.name.substr(0, 64) +
                       "\" is not known; only \"regular\" is");
  }
  NF_TRY(refuse_unknown_members(*grid.configuration, {"chunk_shape"}).with_context("chunk_grid"));
  NF_ASSIGN(const json* chunk_shape, require(*grid.configuration, "chunk_shape"));
  NF_ASSIGN(Dims dims, read_dims(*chunk_shape, "chunk_grid.chunk_shape", 1));
  if (dims.size() != shape.size()) {
    return invalid_argument("chunk_grid.chunk_shape " + to_string(dims) +
                            " has another number of axes than the shape " + to_string(shape));
  }
  return dims;
}

Result<KeyEncoding> read_key_encoding(const json& value) {
  NF_ASSIGN(const NamedConfig named, read_named_config(value, "chunk_key_encoding"));
  KeyEncoding encoding;
  if (named.name == "v2") {
    encoding = {KeyEncoding::Kind::kZarr2, '.'};
  } else if (named.name != "default") {
    return unsupported("chunk_key_encoding \"" + named.name.substr(0, 64) +
                       "\" is not known; \"default\" and \"v2\" are");
  }
  NF_TRY(refuse_unknown_members(*named.configuration, {"separator"})
             .with_context("chunk_key_encoding"));
  const auto separator = named.configuration->find("separator");
  if (separator != named.configuration->end()) {
    if (*separator != "/" && *separator != ".") {
      return wrong_member("chunk_key_encoding.separator", *separator, "\"/\" or \".\"");
    }
    encoding.separator = separator->get_ref<const std::string&>().front();
  }
  return encoding;
}

Status refuse_storage_transformers(const json& document) {
  const auto member = document.find("storage_transformers");
  if (member == document.end() || member->empty()) return {};
  if (!member->is_array()) return wrong_member("storage_transformers", *member, "a list");
  NF_ASSIGN(const NamedConfig first, read_named_config(member->front(), "storage_transformers[0]"));
  return unsupported("storage transformer \"" + first.name.substr(0, 64) + "\" is not known");
}

Status read_optional_members(const json& document, FieldSpec* spec) {
  const auto names = document.find("dimension_names");
  if (names != document.end()) {
    NF_ASSIGN(spec->dimension_names, read_dimension_names(*names, spec->shape.size()));
  }
  const auto attributes = document.find("attributes");
  if (attributes != document.end()) {
    if (!attributes->is_object()) return wrong_member("attributes", *attributes, "an object");
    spec->attributes = *attributes;
  }
  return refuse_storage_transformers(document);
}

}  // namespace

Result<Zarr3NodeType> zarr3_node_type(const json& document) {
  if (!document.is_object()) return wrong_member("the document", document, "an object");
  NF_ASSIGN(const json* format, require(document, "zarr_format"));
  if (!format->is_number_integer() || *format != 3) {
    return wrong_member("zarr_format", *format, "3");
  }
  NF_ASSIGN(const json* type, require(document, "node_type"));
  if (*type == "array") return Zarr3NodeType::kArray;
  if (*type == "group") return Zarr3NodeType::kGroup;
  return wrong_member("node_type", *type, "\"array\" or \"group\"");
}

Result<FieldSpec> parse_zarr3_array(const json& document) {
  NF_ASSIGN(const Zarr3NodeType node, zarr3_node_type(document));
  if (node != Zarr3NodeType::kArray) return invalid_argument("describes a group, not an array");
  NF_TRY(refuse_unknown_members(
      document,
      {"zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding",
       "fill_value", "codecs", "attributes", "dimension_names", "storage_transformers"}));
  FieldSpec spec;
  spec.format = "zarr3";
  NF_ASSIGN(const json* shape, require(document, "shape"));
  NF_ASSIGN(spec.shape, read_dims(*shape, "shape"));
  NF_ASSIGN(const json* data_type, require(document, "data_type"));
  NF_ASSIGN(spec.dtype, read_data_type(*data_type));
  NF_ASSIGN(const json* grid, require(document, "chunk_grid"));
  NF_ASSIGN(spec.chunk_shape, read_chunk_grid(*grid, spec.shape));
  NF_ASSIGN(const json* keys, require(document, "chunk_key_encoding"));
  NF_ASSIGN(spec.key_encoding, read_key_encoding(*keys));
  NF_ASSIGN(const json* fill, require(document, "fill_value"));
  NF_ASSIGN(spec.fill, parse_fill_value(*fill, spec.dtype));
  NF_TRY(read_optional_members(document, &spec));
  NF_ASSIGN(const json* codecs, require(document, "codecs"));
  NF_TRY(set_codecs_and_shards(*codecs, &spec));
  spec.codecs_json = *codecs;
  NF_TRY(finish_spec(&spec));
  return spec;
}

}  // namespace neurofs
