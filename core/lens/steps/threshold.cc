// `threshold`: x where it is above a limit, else 0.
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, kept_type(request.source));
  NF_TRY(check_exact(type, request.values[0]));
  return LensStep{.op = LensOp::kThreshold, .type = type, .a = request.values[0]};
}

const Registration<LensStepRegistry> kThreshold("threshold", "x > LIMIT ? x : 0",
                                                LensStepKind{.canonical = "threshold",
                                                             .values = {"LIMIT"},
                                                             .lower = lower});

}  // namespace
}  // namespace neurofs
