// `abs`: the magnitude; a real number for complex ones. The least integer of a type stays, as in NumPy.
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  return LensStep{.op = LensOp::kAbs, .type = magnitude_type(request.source)};
}

const Registration<LensStepRegistry> kAbs("abs", "magnitude",
                                          LensStepKind{.canonical = "abs", .lower = lower});

}  // namespace
}  // namespace neurofs
