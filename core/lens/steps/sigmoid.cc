// `sigmoid`: 1 / (1 + exp(-x)).
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, function_type(request.source));
  return LensStep{.op = LensOp::kSigmoid, .type = type};
}

const Registration<LensStepRegistry> kSigmoid("sigmoid", "1 / (1 + exp(-x))",
                                              LensStepKind{.canonical = "sigmoid", .lower = lower});

}  // namespace
}  // namespace neurofs
