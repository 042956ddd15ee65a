// The numbers in a lens's name: decimal, independent of the locale.
//
// Purpose: "1e-3", ".5", "-2" and, where a step takes it, "inf"; and back as the shortest text that gives
// the same float64, so that one lens has one name. Pure, thread-safe.
// Errors: kNotFound with what is wrong with the text.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace neurofs {

Result<double> parse_lens_number(std::string_view text);
std::string lens_number_text(double value);

}  // namespace neurofs
