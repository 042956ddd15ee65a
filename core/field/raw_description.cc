#include "core/field/raw_description.h"

#include <nlohmann/json.hpp>

#include "core/codec/codec_config.h"
#include "core/field/json_member.h"
#include "core/field/npy_header.h"

namespace neurofs {

namespace {

using nlohmann::json;

// True for `yes`, false for `no`, which is also the default.
Result<bool> read_choice(const json& document, const char* member, const char* no,
                         const char* yes) {
  const auto it = document.find(member);
  if (it == document.end() || *it == no) return false;
  if (*it == yes) return true;
  return wrong_member(member, *it, "\"" + std::string(no) + "\" or \"" + yes + "\"");
}

Status check_members(const json& document) {
  constexpr std::string_view kMembers[] = {"shape",  "dtype",           "order",     "byte_order",
                                           "offset", "dimension_names", "attributes"};
  for (const auto& [name, value] : document.items()) {
    if (std::find(std::begin(kMembers), std::end(kMembers), name) == std::end(kMembers)) {
      return invalid_argument("member " + excerpt(name) +
                              " is not one of shape, dtype, order, byte_order, offset, "
                              "dimension_names, attributes");
    }
  }
  return {};
}

Result<DataType> read_dtype(const json& document) {
  NF_ASSIGN(const json* value, require(document, "dtype"));
  if (!value->is_string()) return wrong_member("dtype", *value, "a name such as \"float32\"");
  return parse_data_type(value->get_ref<const std::string&>());
}

}  // namespace

Result<FieldSpec> parse_raw_description(const json& document) {
  if (!document.is_object()) return wrong_member("the document", document, "an object");
  NF_TRY(check_members(document));
  NF_ASSIGN(const json* shape_member, require(document, "shape"));
  NF_ASSIGN(const Dims shape, read_dims(*shape_member, "shape"));
  NF_ASSIGN(const DataType dtype, read_dtype(document));
  NF_ASSIGN(const bool fortran, read_choice(document, "order", "C", "F"));
  NF_ASSIGN(const bool big, read_choice(document, "byte_order", "little", "big"));
  NF_ASSIGN(const Index offset, read_index(document.value("offset", json(0U)), "offset"));
  json attributes = document.value("attributes", json::object());
  if (!attributes.is_object()) return wrong_member("attributes", attributes, "an object");
  NF_ASSIGN(FieldSpec spec,
            single_object_spec(shape, {dtype, big}, fortran, static_cast<uint64_t>(offset),
                               std::move(attributes)));
  spec.format = "raw";
  const auto names = document.find("dimension_names");
  if (names != document.end()) {
    NF_ASSIGN(spec.dimension_names, read_dimension_names(*names, shape.size()));
  }
  return spec;
}

}  // namespace neurofs
