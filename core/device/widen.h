// Numbers of any real type as doubles, as a reduction sees them.
//
// Purpose: the CPU side of "lens(x) as double". Exact but for integers past 2^53, which round to even;
// bool is 0 or 1. Pure; thread-safe. Precondition: no complex type. Bytes of any alignment.
#pragma once

#include <cstddef>

#include "core/geometry/data_type.h"

namespace neurofs {

void widen_to_double(DataType type, double* to, const std::byte* from, size_t count);

}  // namespace neurofs
