#include "core/field/field_spec.h"

#include "core/base/checked.h"
#include "core/field/json_member.h"
#include "core/field/spec_checks.h"

namespace neurofs {

namespace {

// The product of a part of a checked shape.
Index product(const Dims::const_iterator& begin, const Dims::const_iterator& end) {
  Index n = 1;
  for (auto it = begin; it != end; ++it) n *= *it;
  return n;
}

}  // namespace

const nlohmann::json* find_neurofs_attribute(const nlohmann::json& attributes,
                                             std::string_view name) {
  if (!attributes.is_object()) return nullptr;
  const auto dotted = attributes.find("neurofs." + std::string(name));
  if (dotted != attributes.end()) return &*dotted;
  const auto group = attributes.find("neurofs");
  if (group == attributes.end() || !group->is_object()) return nullptr;
  const auto member = group->find(std::string(name));
  return member == group->end() ? nullptr : &*member;
}

Index FieldSpec::neuron_count() const {
  return product(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(neuron_axes));
}

uint64_t FieldSpec::neuron_size() const {
  const Index features =
      product(shape.begin() + static_cast<std::ptrdiff_t>(neuron_axes), shape.end());
  return static_cast<uint64_t>(features) * item_size(dtype);
}

uint64_t FieldSpec::size() const {
  return static_cast<uint64_t>(product(shape.begin(), shape.end())) * item_size(dtype);
}

Result<size_t> neuron_axes_of(const Dims& shape, const nlohmann::json& attributes) {
  const size_t rank = shape.size();
  const nlohmann::json* axes = find_neurofs_attribute(attributes, "neuron_axes");
  if (!axes) return rank <= 1 ? rank : rank - 1;
  NF_ASSIGN(const Index count, read_index(*axes, "attribute neurofs.neuron_axes"));
  if (static_cast<uint64_t>(count) > rank) {
    return invalid_argument("attribute neurofs.neuron_axes is " + std::to_string(count) +
                            ", but the array has " + std::to_string(rank) + " axes");
  }
  return static_cast<size_t>(count);
}

Status check_byte_count(const Dims& shape, DataType type) {
  NF_TRY(element_count(shape));
  // With an empty axis the product of the others still has to fit: sizes of neurons use it.
  Index elements = 1;
  for (const Index n : shape) elements *= n > 0 ? n : 1;
  Index bytes = 0;
  if (checked_mul(elements, static_cast<Index>(item_size(type)), &bytes)) return {};
  return overflow("shape " + to_string(shape) + " of " + std::string(zarr_name(type)) +
                  " passes 2^63 - 1 bytes");
}

Status finish_spec(FieldSpec* spec) {
  if (spec->chunk_shape.size() != spec->shape.size()) {
    return invalid_argument("the chunk shape " + to_string(spec->chunk_shape) +
                            " has another number of axes than the shape " + to_string(spec->shape));
  }
  NF_TRY(check_byte_count(spec->shape, spec->dtype));
  if (spec->fill.size() != item_size(spec->dtype)) {
    return internal_error("the fill value has another size than an element");
  }
  NF_ASSIGN(spec->neuron_axes, neuron_axes_of(spec->shape, spec->attributes));
  return {};
}

Status set_codecs(const nlohmann::json& codecs, FieldSpec* spec) {
  NF_ASSIGN(spec->codecs, CodecChain::parse(codecs, {spec->chunk_shape, spec->dtype, spec->fill}));
  return {};
}

}  // namespace neurofs
