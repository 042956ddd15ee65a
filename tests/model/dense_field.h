// DenseField: the whole of an array in memory, read and written by straight loops.
//
// Purpose: the reference that every read through the engine or the mount is compared with. It knows
// nothing of chunks, codecs or blocks and uses no code of core/geometry's copies.
// Thread-safety: const methods from any thread. Units: bytes, elements in C order, little-endian.
#pragma once

#include "core/base/bytes.h"
#include "core/geometry/data_type.h"
#include "core/geometry/region.h"

namespace neurofs::model {

class DenseField {
 public:
  // Every element is `fill` (item_size(dtype) bytes).
  DenseField(Dims shape, DataType dtype, const ByteVector& fill);

  const Dims& shape() const { return shape_; }
  DataType dtype() const { return dtype_; }
  size_t item() const { return item_size(dtype_); }
  const ByteVector& bytes() const { return bytes_; }

  // The element at `index`, or nullptr where the index lies outside the array.
  const std::byte* at(const Dims& index) const;
  std::byte* at(const Dims& index);

  // The region's elements in C order.
  ByteVector take(const Region& region) const;
  // Puts C-order elements into the region.
  void put(const Region& region, Bytes data);

 private:
  Dims shape_;
  DataType dtype_;
  ByteVector bytes_;
};

// Calls `visit(index)` for every index of an array of `shape` in C order.
template <typename Visit>
void for_each_index(const Dims& shape, Visit visit) {
  for (const Index n : shape) {
    if (n <= 0) return;
  }
  Dims index(shape.size(), 0);
  while (true) {
    visit(static_cast<const Dims&>(index));
    size_t axis = shape.size();
    while (axis > 0 && ++index[axis - 1] == shape[axis - 1]) index[--axis] = 0;
    if (axis == 0) return;
  }
}

}  // namespace neurofs::model
