// Dims: a shape, an index or a set of strides, one signed 64-bit number per axis.
//
// Purpose: the vocabulary of array geometry; pure values, no I/O, no locks, no allocation
// (storage is inline for up to kMaxRank axes). Thread-safety: as int64_t.
// Units: elements, unless a name says bytes. Axis 0 varies slowest (C order).
#pragma once

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace neurofs {

inline constexpr size_t kMaxRank = 32;  // NumPy's limit up to 1.x, Zarr libraries' in practice

using Index = int64_t;
using Dims = boost::container::static_vector<Index, kMaxRank>;

// The product of `shape`, 1 for rank 0, 0 for an empty axis. kOverflow past 2^63 - 1, where the
// product is taken over the non-empty axes, so that (0, 2^63) is still refused when 2^63 * n is.
Result<Index> element_count(const Dims& shape);

// Strides of a dense C-order array of `shape`, in units of `item` (1: elements, else bytes).
// Precondition: element_count(shape) * item does not overflow.
Dims c_order_strides(const Dims& shape, Index item = 1);

// "(86000000000, 1000)", NumPy's way of writing a shape; "(5,)" for rank 1.
std::string to_string(const Dims& dims);

}  // namespace neurofs
