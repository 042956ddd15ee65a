// Box: the half-open N-D interval [lo, lo + shape).
//
// Purpose: the common currency of planning; plain values, no I/O. Units: elements.
#pragma once

#include "core/geometry/shape.h"

namespace neurofs {

struct Box {
  Dims lo;
  Dims shape;

  bool empty() const {
    for (const Index n : shape) {
      if (n <= 0) return true;
    }
    return false;
  }
  bool operator==(const Box&) const = default;
};

// The overlap of two boxes of equal rank; its shape has a 0 where they do not meet.
Box intersect(const Box& a, const Box& b);

}  // namespace neurofs
