// `silu`: x / (1 + exp(-x)), also called swish.
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, function_type(request.source));
  return LensStep{.op = LensOp::kSilu, .type = type};
}

const Registration<LensStepRegistry> kSilu("silu", "x / (1 + exp(-x)), also called swish",
                                           LensStepKind{.canonical = "silu", .lower = lower});

}  // namespace
}  // namespace neurofs
