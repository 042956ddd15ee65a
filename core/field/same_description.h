// Whether two descriptions of a field say the same.
//
// Purpose: for who reads metadata again. Pure. The version of an object that describes itself (.npy) is left out.
#pragma once

#include "core/field/field_spec.h"

namespace neurofs {

bool same_description(const FieldSpec& a, const FieldSpec& b);

}  // namespace neurofs
