// Reverses the bytes of every element, in place.
//
// Purpose: big-endian data on this (little-endian) machine. Pure, thread-safe. The loops are
// written so that the compiler turns them into vector shuffles. `unit` is 1, 2, 4 or 8; bytes past
// the last whole unit are left alone. No alignment is needed.
#pragma once

#include "core/base/bytes.h"

namespace neurofs {

void byte_swap(MutableBytes data, size_t unit);

}  // namespace neurofs
