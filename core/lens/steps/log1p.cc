// `log1p`: log(1 + x).
#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, function_type(request.source));
  return LensStep{.op = LensOp::kLog1p, .type = type};
}

const Registration<LensStepRegistry> kLog1p("log1p", "log(1 + x)",
                                            LensStepKind{.canonical = "log1p", .lower = lower});

}  // namespace
}  // namespace neurofs
