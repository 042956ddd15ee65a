#include "core/field/zarr2_metadata.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/codec/codec_config.h"
#include "core/codec/fill_value.h"
#include "core/field/json_member.h"
#include "core/field/spec_checks.h"

namespace neurofs {

namespace {

using nlohmann::json;

// numcodecs ids whose codec here has the same name and configuration.
constexpr std::array<std::string_view, 7> kKnownIds = {"zlib", "gzip",    "blosc", "zstd",
                                                       "lz4",  "shuffle", "delta"};

// A filter that changes each element, and its configuration's members for the types on its two sides.
struct ElementFilter {
  std::string_view id;
  const char* decoded;
  const char* encoded;
};
constexpr ElementFilter kElementFilters[] = {{"fixedscaleoffset", "dtype", "astype"},
                                             {"astype", "decode_dtype", "encode_dtype"}};

const ElementFilter* find_element_filter(const json& filter) {
  if (!filter.is_object() || !filter.contains("id")) return nullptr;
  for (const ElementFilter& known : kElementFilters) {
    if (filter["id"] == known.id) return &known;
  }
  return nullptr;
}

Status append_codec(const json& value, std::string_view member, json* codecs) {
  if (!value.is_object() || !value.contains("id") || !value["id"].is_string()) {
    return wrong_member(member, value, "an object with an id");
  }
  const auto id = value["id"].get<std::string>();
  if (std::find(kKnownIds.begin(), kKnownIds.end(), id) == kKnownIds.end()) {
    if (find_element_filter(value)) {
      return unsupported(std::string(member) + " " + excerpt(value["id"]) +
                         " comes after one that works on bytes; it is known only before those");
    }
    return unsupported(std::string(member) + " " + excerpt(value["id"]) +
                       " is not known to this build; zlib, gzip, blosc, zstd, lz4, shuffle, "
                       "delta, fixedscaleoffset and astype are");
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

Result<TypeString> filter_type(const json& filter, const char* member, const TypeString& fallback) {
  const auto text = filter.find(member);
  if (text == filter.end() || text->is_null()) return fallback;
  const std::string name = "filter " + filter["id"].get<std::string>() + ": " + member;
  if (!text->is_string()) return wrong_member(name, *text, "a NumPy type string");
  auto type = parse_typestr(text->get_ref<const std::string&>());
  if (!type.ok()) return type.status().with_context(name);
  return type;
}

// Elements have this machine's byte order within a chain, so the types lose theirs. `type` is what the
// filter is given, and becomes what it stores.
Status append_element_filter(const json& filter, const ElementFilter& known, TypeString* type,
                             json* codecs) {
  NF_ASSIGN(const TypeString decoded, filter_type(filter, known.decoded, *type));
  if (decoded.type != type->type || decoded.big_endian != type->big_endian) {
    return unsupported("filter " + std::string(known.id) + ": " + known.decoded + " is " +
                       excerpt(filter[known.decoded]) +
                       ", which is not the type of the elements that it is given");
  }
  NF_ASSIGN(*type, filter_type(filter, known.encoded, *type));
  json configuration = filter;
  configuration.erase("id");
  configuration[known.decoded] = zarr_name(decoded.type);
  configuration[known.encoded] = zarr_name(type->type);
  codecs->push_back({{"name", known.id}, {"configuration", std::move(configuration)}});
  return {};
}

json bytes_codec(const TypeString& type) {
  json bytes = {{"name", "bytes"}};
  if (item_size(type.type) > 1) {
    bytes["configuration"] = {{"endian", type.big_endian ? "big" : "little"}};
  }
  return bytes;
}

// The filters with `bytes` among them, where elements become bytes.
Status append_filters(const json& document, TypeString type, json* codecs) {
  const auto filters = document.find("filters");
  const bool has_filters = filters != document.end() && !filters->is_null();
  if (has_filters && !filters->is_array()) {
    return wrong_member("filters", *filters, "a list or null");
  }
  const size_t count = has_filters ? filters->size() : 0;
  size_t i = 0;
  for (; i < count; ++i) {
    const ElementFilter* known = find_element_filter((*filters)[i]);
    if (!known) break;
    NF_TRY(append_element_filter((*filters)[i], *known, &type, codecs));
  }
  codecs->push_back(bytes_codec(type));
  for (; i < count; ++i) NF_TRY(append_codec((*filters)[i], "filter", codecs));
  return {};
}

Result<json> make_codecs(const json& document, size_t rank, const TypeString& type) {
  json codecs = json::array();
  NF_ASSIGN(const json* order, require(document, "order"));
  NF_TRY(append_order(*order, rank, &codecs));
  NF_TRY(append_filters(document, type, &codecs));
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
