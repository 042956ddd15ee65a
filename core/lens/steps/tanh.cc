// `tanh`: hyperbolic tangent.
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, function_type(request.source));
  return LensStep{.op = LensOp::kTanh, .type = type};
}

const Registration<LensStepRegistry> kTanh("tanh", "hyperbolic tangent",
                                           LensStepKind{.canonical = "tanh", .lower = lower});

}  // namespace
}  // namespace neurofs
