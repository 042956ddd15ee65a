#include "core/field/field_lens.h"

#include "core/field/spec_checks.h"

namespace neurofs {
namespace {

constexpr std::string_view kRaw = "raw";

std::string shortened(std::string_view text) {
  return "\"" + std::string(text.substr(0, 200)) + "\"";
}

// True for "raw" and "raw,...", which `name` then lacks.
bool take_raw(std::string_view* name) {
  if (*name != kRaw && !name->starts_with("raw,")) return false;
  name->remove_prefix(std::min(kRaw.size() + 1, name->size()));
  return true;
}

}  // namespace

Status check_lens(const FieldSpec& spec, const Lens& lens) {
  if (lens.source() != spec.dtype) return internal_error("a lens of another type than its field");
  return check_byte_count(spec.shape, lens.result()).with_context("lens " + lens.name());
}

Result<Lens> activation_of(const FieldSpec& spec) {
  const nlohmann::json* value = find_neurofs_attribute(spec.attributes, "activation");
  if (value == nullptr) return Lens(spec.dtype);
  if (!value->is_string()) {
    return invalid_argument("attribute neurofs.activation is not a string such as \"relu\"");
  }
  const auto& text = value->get_ref<const std::string&>();
  auto lens = Lens::parse(text, spec.dtype, spec.attributes);
  if (lens.ok()) {
    NF_TRY(check_lens(spec, *lens));
    return lens;
  }
  return invalid_argument("attribute neurofs.activation is " + shortened(text) +
                          ", which is not a lens: " + lens.status().message() +
                          "; correct the attribute, or remove it to show what is stored");
}

Result<Lens> parse_field_lens(const FieldSpec& spec, const Lens& shown, bool may_be_raw,
                              std::string_view name) {
  Lens lens = shown;
  std::string_view steps = name;
  if (take_raw(&steps)) {
    if (!may_be_raw) {
      return not_found("lens step \"raw\": it stands for what is stored, so it must be the first");
    }
    lens = Lens(spec.dtype);
    if (name == kRaw) return lens;
  }
  // The whole chain from what is stored: equal names are equal programs, and nesting has an end.
  const std::string chain = lens.name() + (lens.name().empty() ? "" : ",") + std::string(steps);
  NF_ASSIGN(lens, Lens::parse(chain, spec.dtype, spec.attributes));
  NF_TRY(check_lens(spec, lens));
  return lens;
}

}  // namespace neurofs
