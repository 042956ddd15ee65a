// What to say about a lens step that does not exist: the nearest names and all of them.
#pragma once

#include <string_view>

#include "core/base/status.h"

namespace neurofs {

// kNotFound. `name` may be any bytes of any length.
Status unknown_step(std::string_view name);

}  // namespace neurofs
