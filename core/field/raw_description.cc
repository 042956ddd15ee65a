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
  constexpr std::string_view kMembers[] = {"shape",  "dtype",    "order",           "byte_order",
                                           "offset", "trailing", "dimension_names", "attributes"};
  for (const auto& [name, value] : document.items()) {
    if (std::find(std::begin(kMembers), std::end(kMembers), name) == std::end(kMembers)) {
      return invalid_argument("member " + excerpt(name) +
                              " is not one of shape, dtype, order, byte_order, offset, "
                              "trailing, dimension_names, attributes");
    }
  }
  return {};
}

Result<DataType> read_dtype(const json& document) {
  NF_ASSIGN(const json* value, require(document, "dtype"));
  if (!value->is_string()) return wrong_member("dtype", *value, "a name such as \"float32\"");
  return parse_data_type(value->get_ref<const std::string&>());
}

Status check_trailing(const FieldSpec& spec, uint64_t size) {
  const uint64_t left = trailing_bytes(spec, size);
  if (left == 0) return {};
  return invalid_argument(std::to_string(left) + " bytes are left over after shape " +
                          to_string(spec.shape) + " of " + std::string(zarr_name(spec.dtype)) +
                          "; is the shape right? If it is, add \"trailing\": \"ignore\"");
}

}  // namespace

Status check_file_holds(const FieldSpec& spec, uint64_t size) {
  const uint64_t needed = spec.object_offset + spec.size();
  if (size >= needed) return {};
  return corrupt("the file has " + std::to_string(size) + " bytes where shape " +
                 to_string(spec.shape) + " of " + std::string(zarr_name(spec.dtype)) + " needs " +
                 std::to_string(needed) + "; it is truncated or the shape is wrong");
}

uint64_t trailing_bytes(const FieldSpec& spec, uint64_t size) {
  const uint64_t needed = spec.object_offset + spec.size();
  return size > needed ? size - needed : 0;
}

Result<FieldSpec> parse_raw_description(const json& document, uint64_t file_size) {
  if (!document.is_object()) return wrong_member("the document", document, "an object");
  NF_TRY(check_members(document));
  NF_ASSIGN(const json* shape_member, require(document, "shape"));
  NF_ASSIGN(const Dims shape, read_dims(*shape_member, "shape"));
  NF_ASSIGN(const DataType dtype, read_dtype(document));
  NF_ASSIGN(const bool fortran, read_choice(document, "order", "C", "F"));
  NF_ASSIGN(const bool big, read_choice(document, "byte_order", "little", "big"));
  NF_ASSIGN(const Index offset, read_index(document.value("offset", json(0U)), "offset"));
  NF_ASSIGN(const bool ignore_trailing, read_choice(document, "trailing", "refuse", "ignore"));
  json attributes = document.value("attributes", json::object());
  if (!attributes.is_object()) return wrong_member("attributes", attributes, "an object");
  NF_ASSIGN(FieldSpec spec,
            single_object_spec(shape, {dtype, big}, fortran, static_cast<uint64_t>(offset),
                               std::move(attributes)));
  spec.format = "raw";
  NF_TRY(check_file_holds(spec, file_size));
  if (!ignore_trailing) NF_TRY(check_trailing(spec, file_size));
  const auto names = document.find("dimension_names");
  if (names != document.end()) {
    NF_ASSIGN(spec.dimension_names, read_dimension_names(*names, shape.size()));
  }
  return spec;
}

}  // namespace neurofs
