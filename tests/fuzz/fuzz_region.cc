// LAYERS: base geometry
//
// Region names: any text against shapes of several ranks. Whatever parses must lie inside the shape
// and survive a round trip through its canonical text.
#include <cstdlib>
#include <string_view>

#include "core/geometry/region.h"

namespace {

using neurofs::AxisSlice;
using neurofs::Dims;
using neurofs::Index;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(std::string_view text, const Dims& shape) {
  const auto region = neurofs::parse_region(text, shape);
  if (!region.ok()) return;
  require(region->axes.size() == shape.size());
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const AxisSlice& s = region->axes[axis];
    require(s.count >= 0 && s.count <= shape[axis] && s.step != 0);
    if (s.count == 0) continue;
    const Index last = s.start + (s.count - 1) * s.step;
    require(s.start >= 0 && s.start < shape[axis] && last >= 0 && last < shape[axis]);
  }
  const auto again = neurofs::parse_region(to_string(*region, shape), shape);
  require(again.ok() && *again == *region);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, {});
  check(text, {86'000'000'000, 1000});
  check(text, {1, 0, 7});
  check(text, {INT64_MAX, 1, 1, 1, 1});
  check(text, {2, 3, 4, 5, 6, 7, 8, 9});
  return 0;
}
