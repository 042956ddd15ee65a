// Elements as text of fixed width: the cells of the .txt view.
//
// Purpose: every element of a type takes the same number of characters, so that offsets into a text
// file are arithmetic; floats carry enough digits to read back to the same bits (NaN payloads
// aside). Pure, thread-safe, no allocation. Units: characters.
#pragma once

#include <cstddef>

#include "core/geometry/data_type.h"

namespace neurofs {

// The widest text of any value of the type.
size_t text_width(DataType type);

// Writes text_width(type) characters, right-aligned, for the little-endian element at `element`.
void format_element(DataType type, const std::byte* element, char* out);

}  // namespace neurofs
