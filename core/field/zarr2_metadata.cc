#include "core/field/zarr2_metadata.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/codec/codec_config.h"
#include "core/field/fill_value.h"
#include "core/field/json_member.h"
#include "core/field/spec_checks.h"

namespace neurofs {

namespace {

using nlohmann::json;

// numcodecs ids whose codec here has the same name and configuration.
constexpr std::array<std::string_view, 7> kKnownIds = {"zlib", "gzip",    "blosc", "zstd",
                                                       "lz4",  "shuffle", "delta"};

Status append_codec(const json& value, std::string_view member, json* codecs) {
  if (!value.is_object() || !value.contains("id") || !value["id"].is_string()) {
    return wrong_member(member, value, "an object with an id");
  }
  const auto id = value["id"].get<std::string>();
  if (std::find(kKnownIds.begin(), kKnownIds.end(), id) == kKnownIds.end()) {
    return unsupported(std::string(member) + " " + excerpt(value["id"]) +
                       " is not known to this build; zlib, gzip, blosc, zstd, lz4, shuffle and "
                       "delta are");
  }
  json configuration = value;
  configuration.erase("id");
  codecs->push_back({{"name", id}, {"configuration", std::move(configuration)}});
  return {};
}

Status append_order(const json& order, size_t rank, json* codecs) {
  if (order == "C") return {};
  if (order != "F") return wrong_member("order", order, "\"C\" or \"F\"");
  if (rank < 2) return {};
  json axes = json::array();
  for (size_t axis = rank; axis-- > 0;) axes.push_back(axis);
  codecs->push_back({{"name", "transpose"}, {"configuration", {{"order", std::move(axes)}}}});
  return {};
}

Status append_filters(const json& document, json* codecs) {
  const auto filters = document.find("filters");
  if (filters == document.end() || filters->is_null()) return {};
  if (!filters->is_array()) return wrong_member("filters", *filters, "a list or null");
  for (const json& filter : *filters) NF_TRY(append_codec(filter, "filter", codecs));
  return {};
}

Result<json> make_codecs(const json& document, size_t rank, const TypeString& type) {
  json codecs = json::array();
  NF_ASSIGN(const json* order, require(document, "order"));
  NF_TRY(append_order(*order, rank, &codecs));
  json bytes = {{"name", "bytes"}};
  if (item_size(type.type) > 1) {
    bytes["configuration"] = {{"endian", type.big_endian ? "big" : "little"}};
  }
  codecs.push_back(std::move(bytes));
  NF_TRY(append_filters(document, &codecs));
  NF_ASSIGN(const json* compressor, require(document, "compressor"));
  if (!compressor->is_null()) NF_TRY(append_codec(*compressor, "compressor", &codecs));
  return codecs;
}

Result<char> read_separator(const json& document) {
  const auto separator = document.find("dimension_separator");
  if (separator == document.end() || separator->is_null()) return '.';
  if (*separator != "." && *separator != "/") {
    return wrong_member("dimension_separator", *separator, "\".\" or \"/\"");
  }
  return separator->get_ref<const std::string&>().front();
}

Result<TypeString> read_dtype(const json& value) {
  if (value.is_array()) return unsupported("dtype is a structure, which has no numeric element");
  if (!value.is_string()) return wrong_member("dtype", value, "a type string such as \"<f4\"");
  return parse_typestr(value.get_ref<const std::string&>());
}

}  // namespace

Result<FieldSpec> parse_zarr2_array(const json& document, const json& attributes) {
  if (!document.is_object()) return wrong_member("the document", document, "an object");
  NF_ASSIGN(const json* format, require(document, "zarr_format"));
  if (!format->is_number_integer() || *format != 2)
    return wrong_member("zarr_format", *format, "2");
  FieldSpec spec;
  spec.format = "zarr2";
  NF_ASSIGN(const json* shape, require(document, "shape"));
  NF_ASSIGN(spec.shape, read_dims(*shape, "shape"));
  NF_ASSIGN(const json* chunks, require(document, "chunks"));
  NF_ASSIGN(spec.chunk_shape, read_dims(*chunks, "chunks", 1));
  NF_ASSIGN(const json* dtype, require(document, "dtype"));
  NF_ASSIGN(const TypeString type, read_dtype(*dtype));
  spec.dtype = type.type;
  NF_ASSIGN(const json* fill, require(document, "fill_value"));
  NF_ASSIGN(spec.fill, parse_fill_value_v2(*fill, spec.dtype));
  spec.key_encoding.kind = KeyEncoding::Kind::kZarr2;
  NF_ASSIGN(spec.key_encoding.separator, read_separator(document));
  if (attributes.is_object()) spec.attributes = attributes;
  NF_ASSIGN(spec.codecs_json, make_codecs(document, spec.shape.size(), type));
  NF_TRY(set_codecs(spec.codecs_json, &spec));
  NF_TRY(finish_spec(&spec));
  return spec;
}

}  // namespace neurofs
