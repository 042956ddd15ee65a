// `zscore`: (x - mean) / std, with the field's statistics from its attribute neurofs.stats,
// {"mean": number, "std": number}, written with a dot or nested ({"neurofs": {"stats": ...}}).
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

using nlohmann::json;

const json* member(const json* object, const char* name) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(name);
  return found == object->end() ? nullptr : &*found;
}

Result<double> statistic(const json& stats, const char* name) {
  const json* value = member(&stats, name);
  if (value == nullptr || !value->is_number()) {
    return not_found(std::string("the attribute neurofs.stats has no number \"") + name + "\"");
  }
  return value->get<double>();
}

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, real_scaled_type(request.source));
  const json* stats = member(&request.attributes, "neurofs.stats");
  if (stats == nullptr) stats = member(member(&request.attributes, "neurofs"), "stats");
  if (stats == nullptr) {
    return not_found(
        "the field has no attribute neurofs.stats; write {\"mean\": ..., \"std\": ...} there");
  }
  NF_ASSIGN(const double mean, statistic(*stats, "mean"));
  NF_ASSIGN(const double deviation, statistic(*stats, "std"));
  if (!std::isfinite(mean)) return not_found("neurofs.stats: mean is not finite");
  if (!(deviation > 0) || !std::isfinite(deviation)) {
    return not_found("neurofs.stats: std is not positive and finite");
  }
  // Computed in float, a mean must not become infinite nor a deviation 0.
  const bool in_float = type != DataType::kFloat64;
  const auto narrow = static_cast<float>(deviation);
  if (in_float &&
      (!std::isfinite(static_cast<float>(mean)) || !std::isfinite(narrow) || narrow == 0)) {
    return not_found("neurofs.stats: mean or std is beyond float32; cast to f64 first");
  }
  return LensStep{.op = LensOp::kStandardize, .type = type, .a = mean, .b = deviation};
}

const Registration<LensStepRegistry> kZscore("zscore",
                                             "(x - mean) / std, from the attribute neurofs.stats",
                                             LensStepKind{.canonical = "zscore", .lower = lower});

}  // namespace
}  // namespace neurofs
