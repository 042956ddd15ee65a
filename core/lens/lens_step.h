// LensStep's plugins: what a name in a lens means. The seam behind which each step is one file.
//
// Purpose: "scale" is a name, the values that it takes, a rule for the type that comes out, and the
// LensStep that executors run. A new step of existing operations is one file under core/lens/steps
// with one Registration line; a new operation is a LensOp and its case in element_program.h besides.
// Thread-safety: const after main() begins. Errors: a rule returns kNotFound with the reason alone; Lens
// adds which step of which lens it was.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/registry.h"
#include "core/base/result.h"
#include "core/lens/lens_program.h"

namespace neurofs {

// A step as it was written, with as many values as its kind takes.
struct LensStepRequest {
  DataType source;  // what the step before it gives
  std::span<const double> values;
  const nlohmann::json& attributes;  // the field's
};

struct LensStepKind {
  // The name in canonical lenses: the registered one, but for other spellings of a cast.
  std::string_view canonical;
  std::vector<std::string_view> values = {};  // what each value is called in messages
  bool takes_infinity = false;                // values may be infinite
  std::function<Result<LensStep>(const LensStepRequest&)> lower;
};

using LensStepRegistry = Registry<LensStepKind>;

}  // namespace neurofs
