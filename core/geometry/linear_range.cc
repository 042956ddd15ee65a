// decompose_linear_range(shape, first, count):
//   climb: from the innermost axis outwards, finish the row that the range begins inside of
//   turn:  at the first axis whose row the range does not finish, or at axis 0
//   descend: take whole units of that axis, then of each axis inside it, until nothing is left
#include "core/geometry/linear_range.h"

namespace neurofs {
namespace {

// `units` units of `axis` beginning at linear position `at`, which is a multiple of that unit.
Box slab(const Dims& shape, const Dims& strides, Index at, size_t axis, Index units) {
  Box box{.lo = Dims(shape.size(), 0), .shape = Dims(shape.size(), 1)};
  for (size_t i = 0; i <= axis; ++i) {
    box.lo[i] = at / strides[i];
    at %= strides[i];
  }
  box.shape[axis] = units;
  for (size_t i = axis + 1; i < shape.size(); ++i) box.shape[i] = shape[i];
  return box;
}

}  // namespace

void decompose_linear_range(const Dims& shape, Index first, Index count, BoxList* out) {
  out->clear();
  if (count <= 0) return;
  const size_t rank = shape.size();
  if (rank == 0) {
    out->push_back(Box{});
    return;
  }
  const Dims strides = c_order_strides(shape);
  const Index end = first + count;
  Index at = first;
  size_t axis = rank - 1;
  for (; axis > 0; --axis) {
    const Index row = strides[axis - 1];
    const Index inside = at % row;
    if (inside == 0) continue;
    if (row - inside > end - at) break;
    out->push_back(slab(shape, strides, at, axis, (row - inside) / strides[axis]));
    at += row - inside;
  }
  for (; axis < rank && at < end; ++axis) {
    const Index units = (end - at) / strides[axis];
    if (units == 0) continue;
    out->push_back(slab(shape, strides, at, axis, units));
    at += units * strides[axis];
  }
}

}  // namespace neurofs
