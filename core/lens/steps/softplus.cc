// `softplus`: log(1 + exp(x)).
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, function_type(request.source));
  return LensStep{.op = LensOp::kSoftplus, .type = type};
}

const Registration<LensStepRegistry> kSoftplus("softplus", "log(1 + exp(x))",
                                               LensStepKind{.canonical = "softplus",
                                                            .lower = lower});

}  // namespace
}  // namespace neurofs
