// What explain_name says of names in general: numbers, extensions, arrays. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "core/geometry/data_type.h"
#include "core/geometry/shape.h"

namespace neurofs {

// In quotation marks, cut at kMaxName.
std::string quoted(std::string_view text);
// "float32 of shape (7,)".
std::string array_text(const Dims& shape, DataType type);
// ".npy, .raw, .txt".
std::string extensions();
// ", as " and what a view makes of it.
std::string view_text(int view);

bool is_digits(std::string_view text);
// Why a number that should stand in a name, below `limit`, does not.
std::string wrong_number(std::string_view text, Index limit);
// Why the name of a file in neurons/ is none of a neuron.
std::string wrong_neuron(std::string_view stem, const Dims& neuron_shape);
std::string wrong_extension(std::string_view name);

}  // namespace neurofs
