#include "tests/model/dense_field.h"

#include <cstring>

namespace neurofs::model {
namespace {

Dims source_index(const Region& region, const Dims& taken) {
  Dims index;
  for (size_t axis = 0; axis < taken.size(); ++axis) {
    index.push_back(region.axes[axis].start + taken[axis] * region.axes[axis].step);
  }
  return index;
}

Dims counts(const Region& region) {
  Dims shape;
  for (const AxisSlice& slice : region.axes) shape.push_back(slice.count);
  return shape;
}

}  // namespace

DenseField::DenseField(Dims shape, DataType dtype, const ByteVector& fill)
    : shape_(std::move(shape)), dtype_(dtype) {
  for_each_index(shape_,
                 [&](const Dims&) { bytes_.insert(bytes_.end(), fill.begin(), fill.end()); });
}

const std::byte* DenseField::at(const Dims& index) const {
  Index place = 0;
  for (size_t axis = 0; axis < shape_.size(); ++axis) {
    if (index[axis] < 0 || index[axis] >= shape_[axis]) return nullptr;
    place = place * shape_[axis] + index[axis];
  }
  return bytes_.data() + static_cast<size_t>(place) * item();
}

std::byte* DenseField::at(const Dims& index) {
  return const_cast<std::byte*>(static_cast<const DenseField*>(this)->at(index));
}

ByteVector DenseField::take(const Region& region) const {
  ByteVector out;
  for_each_index(counts(region), [&](const Dims& taken) {
    const std::byte* element = at(source_index(region, taken));
    out.insert(out.end(), element, element + item());
  });
  return out;
}

void DenseField::put(const Region& region, Bytes data) {
  size_t offset = 0;
  for_each_index(counts(region), [&](const Dims& taken) {
    std::memcpy(at(source_index(region, taken)), data.data() + offset, item());
    offset += item();
  });
}

}  // namespace neurofs::model
