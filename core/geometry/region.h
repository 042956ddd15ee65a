// Region: an N-D slice of a field, written as NumPy writes it, resolved against a shape.
//
// Purpose: one value for "which elements, in which order": per field axis a start, a count and a
// step (possibly negative), and whether an integer index dropped the axis from the result.
// Thread-safety: plain values. Ownership: none. Pure: no I/O, allocates O(1).
// Errors: parse_region is total. Text that is not a region is kNotFound (no such name); a
// well-formed one that does not fit the shape is kInvalidArgument; one whose size passes 2^63 is
// kOverflow. Source of the rules: NumPy "Indexing on ndarrays", basic indexing; newaxis is not
// supported, and an integer out of range is an error while a slice out of range is clipped.
#pragma once

#include <string>
#include <string_view>

#include "core/geometry/shape.h"

namespace neurofs {

struct AxisSlice {
  Index start = 0;    // first index taken; in range whenever count > 0
  Index count = 0;    // how many are taken
  Index step = 1;     // never 0
  bool drop = false;  // an integer index: count is 1 and the axis leaves the result

  bool operator==(const AxisSlice&) const = default;
};

struct Region {
  boost::container::static_vector<AxisSlice, kMaxRank> axes;  // one per field axis

  // The shape of the result: counts of the axes that are not dropped.
  Dims result_shape() const;
  // The counts of all axes, dropped ones included (as 1).
  Dims full_shape() const;
  bool operator==(const Region&) const = default;
};

// The whole of an array of `shape`.
Region whole_region(const Dims& shape);

// Parses "0:100,5,::2", "...,3", "-5:" and so on; blanks are not allowed, fewer terms than axes
// leave the rest whole, "" is not a region. At most 255 bytes are looked at.
Result<Region> parse_region(std::string_view text, const Dims& shape);

// The canonical text of a region: the shortest form that parses back to it.
std::string to_string(const Region& region, const Dims& shape);

}  // namespace neurofs
