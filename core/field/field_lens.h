// The lenses of a field: the activation that its attributes declare, and what "@name" means over it.
//
// Purpose: the one place where a lens meets a field: its type, its stored statistics, and the size of
// what comes out. "raw" stands for what is stored, and may only be the first step of a name.
// Thread-safety: pure functions. Errors: kNotFound for a name that is no lens of this field, with the
// step and what it takes; kOverflow where the result would pass 2^63 - 1 bytes; kInvalidArgument for an
// activation attribute that is not a lens.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/field/field_spec.h"
#include "core/lens/lens.h"

namespace neurofs {

// What the attribute `neurofs.activation` (or "activation" under the object "neurofs") names: the lens
// through which a mount shows the field. Without the attribute, the lens that changes nothing.
Result<Lens> activation_of(const FieldSpec& spec);

// The lens of a directory "@name" (without the '@'): `name` after `shown`. A first step "raw" stands for
// the stored values in place of `shown`; below another lens it is refused (`may_be_raw`).
Result<Lens> parse_field_lens(const FieldSpec& spec, const Lens& shown, bool may_be_raw,
                              std::string_view name);

// Whether the whole field can be shown through `lens`.
Status check_lens(const FieldSpec& spec, const Lens& lens);

}  // namespace neurofs
