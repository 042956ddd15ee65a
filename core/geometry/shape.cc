#include "core/geometry/shape.h"

#include "core/base/checked.h"

namespace neurofs {

Result<Index> element_count(const Dims& shape) {
  Index product = 1;
  bool empty = false;
  for (const Index n : shape) {
    if (n < 0) return invalid_argument("shape " + to_string(shape) + " has a negative axis");
    if (n == 0) {
      empty = true;
      continue;
    }
    if (!checked_mul(product, n, &product)) {
      return overflow("shape " + to_string(shape) + " has more than 2^63 - 1 elements");
    }
  }
  return empty ? 0 : product;
}

Dims c_order_strides(const Dims& shape, Index item) {
  Dims strides(shape.size());
  Index stride = item;
  for (size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= shape[axis] > 0 ? shape[axis] : 1;
  }
  return strides;
}

std::string to_string(const Dims& dims) {
  std::string text = "(";
  for (size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(dims[i]);
  }
  text += dims.size() == 1 ? ",)" : ")";
  return text;
}

}  // namespace neurofs
