// Copies an N-D box of elements between two strided layouts.
//
// Purpose: the one inner loop that moves every element from a block to the caller. Strides are in
// bytes and may be negative or zero (a zero source stride broadcasts, used for fill values).
// Adjacent axes that are contiguous on both sides are merged, so that a row-contiguous copy is
// one memcpy per row and a dense box one memcpy.
// Pure, thread-safe. Precondition: every addressed byte is inside its buffer; no overlap.
#pragma once

#include <cstddef>

#include "core/geometry/shape.h"

namespace neurofs {

void strided_copy(std::byte* dst, const Dims& dst_strides, const std::byte* src,
                  const Dims& src_strides, const Dims& shape, size_t item_size);

}  // namespace neurofs
