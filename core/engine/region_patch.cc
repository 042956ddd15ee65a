#include "core/engine/region_patch.h"

#include <algorithm>
#include <vector>

#include "core/geometry/strided_copy.h"

namespace neurofs {
namespace {

// Consecutive places of one axis that fall into one unit.
struct Segment {
  Index unit;
  Index first;  // place number
  Index count;
};

std::vector<Segment> segments(const AxisSlice& slice, Index unit_size) {
  std::vector<Segment> out;
  for (Index i = 0; i < slice.count;) {
    const Index at = slice.start + i * slice.step;
    const Index inside = at % unit_size;
    const Index room = slice.step > 0 ? unit_size - 1 - inside : inside;
    const Index count = std::min(slice.count - i, room / std::abs(slice.step) + 1);
    out.push_back({at / unit_size, i, count});
    i += count;
  }
  return out;
}

}  // namespace

RegionPatch RegionPatch::of(const Region& region, const std::byte* data, size_t item_size) {
  return {.origin = Dims(region.axes.size(), 0),
          .places = region,
          .data = data,
          .data_strides = c_order_strides(region.full_shape(), static_cast<Index>(item_size))};
}

bool RegionPatch::covers(const Dims& unit_shape, const Dims& field_shape) const {
  for (size_t axis = 0; axis < unit_shape.size(); ++axis) {
    const Index inside = std::min(unit_shape[axis], field_shape[axis] - origin[axis]);
    const AxisSlice& slice = places.axes[axis];
    if (slice.count != inside || (slice.count > 1 && std::abs(slice.step) != 1)) return false;
  }
  return true;
}

void RegionPatch::apply(std::byte* unit, const Dims& unit_strides, size_t item_size) const {
  Dims strides(unit_strides.size());
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    unit += places.axes[axis].start * unit_strides[axis];
    // A single place may carry a step so long that its product with the stride overflows.
    strides[axis] = places.axes[axis].count > 1 ? places.axes[axis].step * unit_strides[axis] : 0;
  }
  strided_copy(unit, strides, data, data_strides, places.full_shape(), item_size);
}

Status for_each_unit(const RegionPatch& patch, const Dims& unit_shape,
                     const std::function<Status(const Dims&, const RegionPatch&)>& visit) {
  const size_t rank = unit_shape.size();
  std::vector<std::vector<Segment>> axes(rank);
  for (size_t axis = 0; axis < rank; ++axis) {
    axes[axis] = segments(patch.places.axes[axis], unit_shape[axis]);
    if (axes[axis].empty()) return {};
  }
  std::vector<size_t> at(rank, 0);
  for (;;) {
    Dims unit(rank);
    RegionPatch part = patch;
    for (size_t axis = 0; axis < rank; ++axis) {
      const Segment& segment = axes[axis][at[axis]];
      AxisSlice& slice = part.places.axes[axis];
      unit[axis] = segment.unit;
      part.origin[axis] += segment.unit * unit_shape[axis];
      part.data += segment.first * patch.data_strides[axis];
      slice.start += segment.first * slice.step - segment.unit * unit_shape[axis];
      slice.count = segment.count;
    }
    NF_TRY(visit(unit, part));
    size_t axis = rank;
    while (axis > 0 && ++at[axis - 1] == axes[axis - 1].size()) at[--axis] = 0;
    if (axis == 0) return {};
  }
}

}  // namespace neurofs
