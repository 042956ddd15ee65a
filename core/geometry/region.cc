#include "core/geometry/region.h"

namespace neurofs {
namespace {

// Shorter than the ":" it stands for only from three axes on.
constexpr size_t kEllipsisFrom = 3;

bool is_whole(const AxisSlice& s, Index n) {
  return !s.drop && s.start == 0 && s.count == n && (s.step == 1 || n <= 1);
}

std::string slice_text(const AxisSlice& s, Index n) {
  if (s.drop) return std::to_string(s.start);
  if (s.count == 0) return n == 0 ? ":" : ":0";
  const Index last = s.start + (s.count - 1) * s.step;
  std::string text;
  if (s.count == 1 || s.step > 0) {
    if (s.start != 0) text += std::to_string(s.start);
    text += ':';
    // n - last cannot overflow, last + step can.
    const bool to_end = s.count == 1 ? last == n - 1 : s.step >= n - last;
    if (!to_end) text += std::to_string(last + 1);
    if (s.count > 1 && s.step != 1) text += ':' + std::to_string(s.step);
    return text;
  }
  if (s.start != n - 1) text += std::to_string(s.start);
  text += ':';
  if (last + s.step >= 0) text += std::to_string(last + s.step);
  return text + ':' + std::to_string(s.step);
}

struct Run {
  size_t begin = 0;
  size_t length = 0;
};

Run longest_whole_run(const Region& region, const Dims& shape, size_t axes) {
  Run best;
  Run run;
  for (size_t axis = 0; axis < axes; ++axis) {
    if (!is_whole(region.axes[axis], shape[axis])) {
      run = {axis + 1, 0};
      continue;
    }
    ++run.length;
    if (run.length > best.length) best = run;
  }
  return best;
}

// The first `axes` terms, with "..." in place of `elided` if that is not empty.
std::string terms_text(const Region& region, const Dims& shape, size_t axes, const Run& elided) {
  std::string text;
  for (size_t axis = 0; axis < axes; ++axis) {
    if (axis > 0) text += ',';
    if (elided.length > 0 && axis == elided.begin) {
      text += "...";
      axis += elided.length - 1;
    } else {
      text += slice_text(region.axes[axis], shape[axis]);
    }
  }
  return text;
}

}  // namespace

Dims Region::result_shape() const {
  Dims shape;
  for (const AxisSlice& s : axes) {
    if (!s.drop) shape.push_back(s.count);
  }
  return shape;
}

Dims Region::full_shape() const {
  Dims shape;
  for (const AxisSlice& s : axes) shape.push_back(s.count);
  return shape;
}

Region whole_region(const Dims& shape) {
  Region region;
  for (const Index n : shape) region.axes.push_back({.start = 0, .count = n});
  return region;
}

std::string to_string(const Region& region, const Dims& shape) {
  size_t axes = shape.size();
  while (axes > 0 && is_whole(region.axes[axes - 1], shape[axes - 1])) --axes;
  if (axes == 0) return shape.empty() ? "..." : ":";
  std::string plain = terms_text(region, shape, axes, Run{});
  const Run run = longest_whole_run(region, shape, axes);
  if (run.length < kEllipsisFrom) return plain;
  // After an ellipsis the terms count from the last axis, so that no trailing axis can be left out.
  const std::string elided = terms_text(region, shape, shape.size(), run);
  return elided.size() < plain.size() ? elided : plain;
}

}  // namespace neurofs
