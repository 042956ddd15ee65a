// RegionPatch: elements in memory, and the places in a box of the field where they go.
//
// Purpose: a write is split twice, by shard and by chunk, with one function; each part is again a
// patch, in the coordinates of its own unit, and refers to the caller's data by strides.
// Thread-safety: plain values. Ownership: borrows the data. Pure: no I/O.
// Units: elements; strides in bytes.
#pragma once

#include <functional>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/geometry/region.h"

namespace neurofs {

struct RegionPatch {
  Dims origin;                      // of the unit (field, shard, chunk) in the field
  Region places;                    // within the unit; dropped axes have count 1 like any other
  const std::byte* data = nullptr;  // the element for the first place
  Dims data_strides;                // one per axis of the field

  // The patch that puts C-order `data` into `region` of a field.
  static RegionPatch of(const Region& region, const std::byte* data, size_t item_size);

  // Every element of a unit of `unit_shape` that lies inside a field of `field_shape` is replaced.
  bool covers(const Dims& unit_shape, const Dims& field_shape) const;

  // Copies the elements into `unit`, whose element strides are given in bytes.
  void apply(std::byte* unit, const Dims& unit_strides, size_t item_size) const;
};

// Splits along the grid of `unit_shape` that begins at the patch's origin; visits only units that
// are written to, in C order of their coordinates when all steps are positive. Stops at the first
// error.
Status for_each_unit(const RegionPatch& patch, const Dims& unit_shape,
                     const std::function<Status(const Dims& unit, const RegionPatch& part)>& visit);

}  // namespace neurofs
