// `gelu` and `gelu_tanh`: the Gaussian error linear unit and its approximation.
// Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

template <LensOp kOp>
Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, function_type(request.source));
  return LensStep{.op = kOp, .type = type};
}

const Registration<LensStepRegistry> kGelu("gelu", "x * Phi(x), by erf",
                                           LensStepKind{.canonical = "gelu",
                                                        .lower = lower<LensOp::kGelu>});
const Registration<LensStepRegistry> kGeluTanh("gelu_tanh",
                                               "0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))",
                                               LensStepKind{.canonical = "gelu_tanh",
                                                            .lower = lower<LensOp::kGeluTanh>});

}  // namespace
}  // namespace neurofs
