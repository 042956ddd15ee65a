// parse:
//   name  -> parts between commas -> for each: name, values -> LensStepRegistry
//   part  -> lower(type so far) -> a LensStep, whose type the next one starts from
#include "core/lens/lens.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/lens/lens_number.h"
#include "core/lens/lens_step.h"
#include "core/lens/step_suggestions.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

constexpr size_t kMaxName =
    255;  // a file name's limit, and room for the '@' is the caller's business

// "a:b" -> {"a", "b"}; the separator is a byte that no part contains.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// "clip=LEAST:GREATEST", as messages show a step.
std::string usage(std::string_view name, const LensStepKind& kind) {
  std::string text(name);
  for (size_t i = 0; i < kind.values.size(); ++i) {
    text += i == 0 ? '=' : ':';
    text += kind.values[i];
  }
  return text;
}

Status check_value(double value, const LensStepKind& kind, DataType source) {
  if (kind.takes_infinity) return {};
  if (std::isinf(value)) return not_found("its values must be finite");
  const bool in_float = !is_complex(source)
                            ? item_size(source) <= 4 && scaled_type(source) == source
                            : source == DataType::kComplex64;
  if (in_float && std::isinf(static_cast<float>(value))) {
    return not_found(lens_number_text(value) + " is beyond float32, in which " +
                     std::string(zarr_name(source)) + " is computed");
  }
  return {};
}

Result<std::vector<double>> parse_values(std::string_view text, const LensStepKind& kind,
                                         DataType source) {
  const auto parts = split(text, ':');
  if (parts.size() != kind.values.size()) return not_found("the number of values is wrong");
  std::vector<double> values;
  for (const std::string_view part : parts) {
    NF_ASSIGN(const double value, parse_lens_number(part));
    NF_TRY(check_value(value, kind, source));
    values.push_back(value);
  }
  return values;
}

struct ParsedStep {
  LensStep step;
  std::string name;  // canonical
};

Result<ParsedStep> lower(const LensStepKind& kind, std::string_view values_text, bool has_values,
                         DataType source, const nlohmann::json& attributes) {
  if (has_values != !kind.values.empty()) {
    return not_found(has_values ? "it takes no value" : "it takes values");
  }
  std::vector<double> values;
  if (has_values) {
    NF_ASSIGN(values, parse_values(values_text, kind, source));
  }
  NF_ASSIGN(const LensStep step, kind.lower({source, values, attributes}));
  std::string name(kind.canonical);
  for (size_t i = 0; i < values.size(); ++i) {
    name += i == 0 ? '=' : ':';
    name += lens_number_text(values[i]);
  }
  return ParsedStep{step, std::move(name)};
}

Result<ParsedStep> parse_step(std::string_view text, DataType source,
                              const nlohmann::json& attributes) {
  const size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto* plugin = LensStepRegistry::instance().find(name);
  if (plugin == nullptr) return unknown_step(name);
  const bool has_values = equals != std::string_view::npos;
  auto parsed = lower(plugin->factory, has_values ? text.substr(equals + 1) : std::string_view(),
                      has_values, source, attributes);
  if (parsed.ok()) return parsed;
  return parsed.status().with_context("lens step " + usage(name, plugin->factory) + " (" +
                                      plugin->description + ")");
}

Status too_long() {
  return not_found("a lens has at most " + std::to_string(kMaxLensSteps) + " steps and " +
                   std::to_string(kMaxName) + " bytes in its name");
}

}  // namespace

Result<Lens> Lens::parse(std::string_view text, DataType source, const nlohmann::json& attributes) {
  Lens lens(source);
  if (text.size() > kMaxName) return too_long();
  for (const std::string_view part : split(text, ',')) {
    if (lens.program_.count == kMaxLensSteps) return too_long();
    NF_ASSIGN(const ParsedStep parsed, parse_step(part, lens.result(), attributes));
    // Nothing was computed yet, so there is nothing to round either.
    const bool is_no_op =
        lens.is_identity() && parsed.step.op == LensOp::kCast && parsed.step.type == lens.source();
    if (!is_no_op) lens.program_.steps[lens.program_.count++] = parsed.step;
    lens.program_.result = parsed.step.type;
    if (!lens.name_.empty()) lens.name_ += ',';
    lens.name_ += parsed.name;
  }
  if (lens.name_.size() > kMaxName) return too_long();
  lens.prepare();
  return lens;
}

}  // namespace neurofs
