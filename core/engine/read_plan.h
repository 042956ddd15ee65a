// ReadPlan: which parts of which blocks make up a box of a region, and where they go.
//
// Purpose: the pure middle of a read: a box of the result becomes pieces, one per block touched, in
// C order of blocks along the region's axes. Nothing is allocated and nothing is looked up, so a
// plan of a billion pieces costs only the ones that are taken from it.
// Thread-safety: a cursor belongs to one thread; what it borrows is immutable.
// Units: elements for shapes, bytes for offsets and strides.
#pragma once

#include "core/engine/block_grid.h"
#include "core/geometry/box.h"
#include "core/geometry/region.h"

namespace neurofs {

struct Piece {
  uint64_t block = 0;
  Index src_offset = 0;  // bytes into the block, of the first element
  Index dst_offset = 0;  // bytes into the box's C-order buffer
  Dims shape;            // elements per axis; strides are source_strides() and the box's C order
};

class PieceCursor {
 public:
  // `box` lies within the region's full shape. `region` and `grid` must outlive the cursor.
  PieceCursor(const BlockGrid& grid, const Region& region, const Box& box, size_t item);

  // The current piece; valid until next(). Precondition: !done().
  const Piece& piece() const { return piece_; }
  bool done() const { return done_; }
  void next();

  // From the first piece on again, as the region's starts now are; the box's bytes begin at `dst_base`.
  void restart(Index dst_base);

  // C-order byte strides of the box.
  const Dims& dst_strides() const { return dst_strides_; }

 private:
  void enter(size_t axis);  // computes the segment of an axis at its position

  struct Segment {
    Index position = 0;  // within the box
    uint64_t block_share = 0;
    Index src = 0;
    Index dst = 0;
  };
  const BlockGrid& grid_;
  const Region& region_;
  const Box& box_;
  Dims dst_strides_;
  boost::container::static_vector<Segment, kMaxRank> segments_;
  Piece piece_;
  bool done_ = false;
};

// Byte strides within a block of the region's axes: a step is a multiple of the axis's stride.
Dims source_strides(const BlockGrid& grid, const Region& region);

}  // namespace neurofs
