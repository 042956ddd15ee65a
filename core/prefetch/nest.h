// Nest: how a walk goes on where its loops have ended, learned from the reads themselves.
//
// Purpose: a read that a walk did not foresee may begin its next row, plane or window. explain() tries
// what the grid makes likely: the walk's run was longer or shorter than thought; the next iteration of
// a level; a new level, when everything below has ended and the read lies along one axis from where
// the level began (or, turning, from where it ended); the whole from the start. Reads overtake each
// other, so the first read of a row may be its second or third element.
// Shape: what is left of a finished walk, to foresee the next one of the same kind elsewhere.
// Thread-safety: functions of their arguments. Units: blocks. Errors: none; false changes nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/prefetch/grid_steps.h"
#include "core/prefetch/odometer.h"

namespace neurofs {

struct Explained {
  bool found = false;
  bool new_level = false;  // a guess that has to prove itself
  uint32_t early = 0;      // elements of the new row that the read has overtaken
};

// Moves `at` onto `block` if its structure can be understood so. `jitter`: by how many elements reads
// of this walk have overtaken each other.
Explained explain(const GridSteps& grid, int64_t block, uint32_t jitter, Odometer* at);

// The steps and extents of a walk, without its place.
class Shape {
 public:
  Shape() = default;
  // Of a walk whose levels have ended or are where they may end.
  explicit Shape(const Odometer& walk);

  bool empty() const { return levels_ == 0; }
  // A walk of this shape that stands on its first element.
  Odometer begin_at(int64_t block) const;
  bool operator==(const Shape&) const = default;

 private:
  struct Loop {
    int64_t step = 0;
    uint64_t extent = 0;
    bool turns = false;
    bool operator==(const Loop&) const = default;
  };
  size_t levels_ = 0;
  std::array<Loop, Odometer::kMostLevels> loop_{};
};

}  // namespace neurofs
