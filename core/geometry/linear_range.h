// Decomposes a range of a C-order element sequence into boxes.
//
// Purpose: a view's byte range [first, first + count) of an array of `shape` is a run through its
// C-order elements; it equals at most 2 * rank - 1 boxes, in order: partial rows at the start,
// whole slabs, partial rows at the end.
// Pure. Cost: O(rank^2). Precondition: first + count <= element_count(shape), count >= 0.
#pragma once

#include <boost/container/static_vector.hpp>

#include "core/geometry/box.h"

namespace neurofs {

using BoxList = boost::container::static_vector<Box, 2 * kMaxRank>;

// Boxes in C order; concatenating their C-order elements gives exactly the range.
void decompose_linear_range(const Dims& shape, Index first, Index count, BoxList* out);

}  // namespace neurofs
