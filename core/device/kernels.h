// The kernels of a Device as plain argument blocks.
//
// Purpose: what the tier asks a GPU to compute, each with one stated result that the CPU path, the
// simulation and the CUDA kernel share bit for bit (but for lens functions, which agree within the error
// that core/README.md states). Thread-safety: plain values.
// Ownership: host arrays named here are read before the call returns; device memory must live until the
// stream has passed the operation. Units: bytes for pointers, strides and sizes, elements for counts.
#pragma once

#include <cstdint>
#include <span>

#include "core/device/reduce_math.h"
#include "core/geometry/shape.h"
#include "core/lens/lens_program.h"

namespace neurofs {

using DevicePointer = uint64_t;

// Row i of `out` becomes lens(row at rows[i]); rows are dense, out rows are dense and adjacent.
struct GatherRows {
  std::span<const DevicePointer> rows;
  uint64_t row_elements = 0;
  LensProgram lens;
  DevicePointer out = 0;
};

// N-D boxes: strides are shared, as in a read plan; the destination of box i begins at out + to[i].
struct GatherBox {
  DevicePointer from = 0;
  uint64_t to = 0;
  Dims shape;
};
struct GatherBoxes {
  std::span<const GatherBox> boxes;
  Dims from_strides;
  Dims to_strides;
  LensProgram lens;
  DevicePointer out = 0;
};

// Per feature (column) over rows: min and max (NaN when any is NaN, as numpy.min), sum, and counts per
// bin. Values are lens(x) as double. Sums have one fixed order, so that every executor gives the same
// bits: rows in tiles of kReduceTile, each summed in order from +0, then tile after tile (the arithmetic
// is in reduce_math.h).
struct ReduceRows {
  std::span<const DevicePointer> rows;
  uint64_t row_elements = 0;
  LensProgram lens;
  DevicePointer min = 0;  // row_elements doubles each
  DevicePointer max = 0;
  DevicePointer sum = 0;
  // Histogram over all features together; bins == 0: none. Bin i holds lo + i*(hi-lo)/bins <= x, the
  // last also x == hi; NaN and what is outside is not counted (numpy.histogram with range).
  DevicePointer counts = 0;  // `bins` uint64
  uint32_t bins = 0;
  double lo = 0;
  double hi = 0;
  // Goes on from the results that are there, so that rows can come in several calls: the same bits as
  // one call when every call but the last has a multiple of kReduceTile rows. False: begins anew, and
  // no rows at all give min +inf, max -inf, sum 0.
  bool go_on = false;
};

// Undoes on the device what a chunk's encoding did to whole elements.
struct DecodeBlock {
  DevicePointer from = 0;
  DevicePointer to = 0;  // may not overlap `from`
  uint64_t elements = 0;
  uint32_t item = 0;       // bytes of an element
  bool unshuffle = false;  // bytes were grouped by significance (numcodecs shuffle)
  uint32_t swap_unit = 1;  // > 1: reverse the bytes of every unit of this size, after unshuffling
};

}  // namespace neurofs
