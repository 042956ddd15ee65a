// `clip`: min(max(x, LEAST), GREATEST). Integers stay integers: a bound that is none means the next integer
// inside, one out of the type's range means the range's end; bounds that leave no integer are refused.
#include <algorithm>
#include <cmath>

#include "core/lens/lens_step.h"
#include "core/lens/type_rules.h"

namespace neurofs {
namespace {

Result<LensStep> lower(const LensStepRequest& request) {
  NF_ASSIGN(const DataType type, kept_type(request.source));
  double least = request.values[0];
  double greatest = request.values[1];
  if (least > greatest) return not_found("LEAST is greater than GREATEST");
  if (is_integer(type) || type == DataType::kBool) {
    NF_TRY(check_exact(type, least));
    NF_TRY(check_exact(type, greatest));
    const IntegerRange range = integer_range(type);
    least = std::max(std::ceil(least), range.least);
    greatest = std::min(std::floor(greatest), range.greatest);
    if (least > greatest) {
      return not_found("no value of " + std::string(zarr_name(type)) + " lies between the two");
    }
  }
  return LensStep{.op = LensOp::kClip, .type = type, .a = least, .b = greatest};
}

const Registration<LensStepRegistry> kClip("clip", "min(max(x, LEAST), GREATEST)",
                                           LensStepKind{.canonical = "clip",
                                                        .values = {"LEAST", "GREATEST"},
                                                        .takes_infinity = true,
                                                        .lower = lower});

}  // namespace
}  // namespace neurofs
