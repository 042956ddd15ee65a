// `scale` and `offset`: x times a number, x plus a number. Complex numbers: both parts, the real part.
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

template <LensOp kOp>
Result<LensStep> lower(const LensStepRequest& request) {
  return LensStep{.op = kOp, .type = scaled_type(request.source), .a = request.values[0]};
}

const Registration<LensStepRegistry> kScale("scale", "x times FACTOR",
                                            LensStepKind{.canonical = "scale",
                                                         .values = {"FACTOR"},
                                                         .lower = lower<LensOp::kMultiply>});
const Registration<LensStepRegistry> kOffset("offset", "x plus NUMBER",
                                             LensStepKind{.canonical = "offset",
                                                          .values = {"NUMBER"},
                                                          .lower = lower<LensOp::kAdd>});

}  // namespace
}  // namespace neurofs
