// `leaky_relu`: x where it is positive, else x times a slope.
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, real_scaled_type(request.source));
  return LensStep{.op = LensOp::kLeakyRelu, .type = type, .a = request.values[0]};
}

const Registration<LensStepRegistry> kLeakyRelu("leaky_relu", "x > 0 ? x : SLOPE * x",
                                                LensStepKind{.canonical = "leaky_relu",
                                                             .values = {"SLOPE"},
                                                             .lower = lower});

}  // namespace
}  // namespace neurofs
