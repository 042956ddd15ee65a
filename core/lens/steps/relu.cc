// `relu`: max(x, 0).
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, kept_type(request.source));
  return LensStep{.op = LensOp::kRelu, .type = type};
}

const Registration<LensStepRegistry> kRelu("relu", "max(x, 0)",
                                           LensStepKind{.canonical = "relu", .lower = lower});

}  // namespace
}  // namespace neurofs
