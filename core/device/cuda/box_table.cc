// make_box_table:
//   keep the boxes that hold something; drop axes of size 1 in all of them
//   merge an axis into the one inside it where, in every box, stride = inner stride * inner size
//   identity lens: the item becomes the widest unit that all addresses, strides and runs allow
#include "core/device/cuda/box_table.h"

#include <algorithm>
#include <cstdlib>

namespace neurofs::cuda {
namespace {

static_assert(kMaxAxes == static_cast<int>(kMaxRank));

struct Layout {
  std::vector<GatherBox> boxes;
  Dims from;
  Dims to;
};

Layout non_empty(const GatherBoxes& boxes) {
  Layout layout{{}, boxes.from_strides, boxes.to_strides};
  for (const GatherBox& box : boxes.boxes) {
    if (std::find(box.shape.begin(), box.shape.end(), 0) == box.shape.end()) {
      layout.boxes.push_back(box);
    }
  }
  return layout;
}

template <typename Predicate>
bool in_all(const Layout& layout, const Predicate& predicate) {
  return std::all_of(layout.boxes.begin(), layout.boxes.end(), predicate);
}

void erase_axis(Layout* layout, size_t axis) {
  const auto at = static_cast<std::ptrdiff_t>(axis);
  layout->from.erase(layout->from.begin() + at);
  layout->to.erase(layout->to.begin() + at);
  for (GatherBox& box : layout->boxes) box.shape.erase(box.shape.begin() + at);
}

void drop_and_merge(Layout* layout) {
  for (size_t axis = layout->from.size(); axis-- > 0;) {
    if (in_all(*layout, [&](const GatherBox& b) { return b.shape[axis] == 1; })) {
      erase_axis(layout, axis);
    }
  }
  for (size_t axis = layout->from.size(); axis-- > 1;) {
    const size_t outer = axis - 1;
    const bool contiguous = in_all(*layout, [&](const GatherBox& b) {
      return layout->from[outer] == layout->from[axis] * b.shape[axis] &&
             layout->to[outer] == layout->to[axis] * b.shape[axis];
    });
    if (!contiguous) continue;
    for (GatherBox& box : layout->boxes) box.shape[axis] *= box.shape[outer];
    erase_axis(layout, outer);
  }
}

// All that an item's alignment depends on, or-ed; runs too, when they are dense.
uint64_t common_bits(const Layout& layout, uint64_t out) {
  uint64_t bits = 0;
  for (const GatherBox& box : layout.boxes) bits |= box.from | (out + box.to);
  for (size_t axis = 0; axis + 1 < layout.from.size(); ++axis) {
    bits |= static_cast<uint64_t>(layout.from[axis]) | static_cast<uint64_t>(layout.to[axis]);
  }
  return bits;
}

// The largest power of two, at most 16, that divides `bits`.
uint32_t divisor(uint64_t bits) {
  uint32_t unit = 16;
  while (bits % unit != 0) unit /= 2;
  return unit;
}

void widen_items(Layout* layout, uint64_t out, uint32_t* item) {
  const size_t inner = layout->from.size() - 1;
  if (layout->from[inner] != *item || layout->to[inner] != *item) return;
  uint64_t bits = common_bits(*layout, out);
  for (const GatherBox& box : layout->boxes) {
    bits |= static_cast<uint64_t>(box.shape[inner]) * *item;
  }
  // Below the item's own size too: dense elements at an odd address move in smaller units.
  const uint32_t unit = divisor(bits);
  for (GatherBox& box : layout->boxes) {
    box.shape[inner] = box.shape[inner] * static_cast<Index>(*item) / static_cast<Index>(unit);
  }
  layout->from[inner] = layout->to[inner] = unit;
  *item = unit;
}

}  // namespace

BoxTable make_box_table(const GatherBoxes& boxes) {
  BoxTable table;
  Layout layout = non_empty(boxes);
  if (layout.boxes.empty()) return table;
  drop_and_merge(&layout);
  if (layout.from.empty()) {  // single elements
    layout.from.push_back(static_cast<Index>(item_size(boxes.lens.source)));
    layout.to.push_back(static_cast<Index>(item_size(boxes.lens.result)));
    for (GatherBox& box : layout.boxes) box.shape.push_back(1);
  }
  BoxesLaunch& launch = table.launch;
  launch.lens = boxes.lens;
  launch.item = static_cast<uint32_t>(item_size(boxes.lens.source));
  if (boxes.lens.count == 0) widen_items(&layout, boxes.out, &launch.item);
  const size_t inner = layout.from.size() - 1;
  launch.from_step = layout.from[inner];
  launch.to_step = layout.to[inner];
  uint64_t from_bits = static_cast<uint64_t>(launch.from_step);
  uint64_t to_bits = static_cast<uint64_t>(launch.to_step);
  launch.outer = static_cast<int>(inner);
  for (size_t axis = 0; axis < inner; ++axis) {
    launch.from_strides[axis] = layout.from[axis];
    launch.to_strides[axis] = layout.to[axis];
    from_bits |= static_cast<uint64_t>(layout.from[axis]);
    to_bits |= static_cast<uint64_t>(layout.to[axis]);
  }
  for (const GatherBox& box : layout.boxes) {
    const auto run = static_cast<uint64_t>(box.shape[inner]);
    table.entries.push_back({box.from, boxes.out + box.to, launch.rows, run});
    from_bits |= box.from;
    to_bits |= boxes.out + box.to;
    uint64_t rows = (run + kRunPart - 1) / kRunPart;
    for (size_t axis = 0; axis < inner; ++axis) {
      table.shapes.push_back(box.shape[axis]);
      rows *= static_cast<uint64_t>(box.shape[axis]);
    }
    launch.rows += rows;
    launch.max_run = std::max(launch.max_run, run);
  }
  launch.count = table.entries.size();
  const bool identity = boxes.lens.count == 0;
  const size_t from_item = identity ? launch.item : item_size(boxes.lens.source);
  const size_t to_item = identity ? launch.item : item_size(boxes.lens.result);
  launch.aligned = from_bits % from_item == 0 && to_bits % to_item == 0;
  return table;
}

}  // namespace neurofs::cuda
