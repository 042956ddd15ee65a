#include "core/geometry/box.h"

#include <algorithm>
#include <limits>

#include "core/base/checked.h"

namespace neurofs {
namespace {

// An edge chunk may reach past 2^63 - 1 although the array it belongs to does not.
Index saturating_end(Index lo, Index count) {
  Index end = 0;
  return checked_add(lo, count, &end) ? end : std::numeric_limits<Index>::max();
}

}  // namespace

Box intersect(const Box& a, const Box& b) {
  Box out{.lo = Dims(a.lo.size()), .shape = Dims(a.lo.size())};
  for (size_t axis = 0; axis < a.lo.size(); ++axis) {
    const Index lo = std::max(a.lo[axis], b.lo[axis]);
    const Index end = std::min(saturating_end(a.lo[axis], a.shape[axis]),
                               saturating_end(b.lo[axis], b.shape[axis]));
    out.lo[axis] = lo;
    out.shape[axis] = end > lo ? end - lo : 0;
  }
  return out;
}

}  // namespace neurofs
