// `exp`: exponential.
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, function_type(request.source));
  return LensStep{.op = LensOp::kExp, .type = type};
}

const Registration<LensStepRegistry> kExp("exp", "exponential",
                                          LensStepKind{.canonical = "exp", .lower = lower});

}  // namespace
}  // namespace neurofs
