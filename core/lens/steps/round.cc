// `round`: to the nearest integer, ties to even.
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, kept_type(request.source));
  return LensStep{.op = LensOp::kRound, .type = type};
}

const Registration<LensStepRegistry> kRound("round", "to the nearest integer, ties to even",
                                            LensStepKind{.canonical = "round", .lower = lower});

}  // namespace
}  // namespace neurofs
