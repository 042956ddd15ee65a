// The types that steps give: NumPy's rules (NEP 50) for ufuncs with Python scalars.
//
// Purpose: one function for each family of steps, from the source's type to the result's.
// Pure, thread-safe. Errors: kNotFound with the reason, where a family does not take a type.
#pragma once

#include "core/base/result.h"
#include "core/geometry/data_type.h"

namespace neurofs {

bool is_complex(DataType type);
bool is_integer(DataType type);  // bool is none

// relu, clip, round, threshold: the source's. Not for complex types.
Result<DataType> kept_type(DataType source);

// abs: the source's, the part's for complex types.
DataType magnitude_type(DataType source);

// scale, offset: float64 for integers and bool, else the source's.
DataType scaled_type(DataType source);

// leaky_relu, zscore: as scaled_type(), but not for complex types.
Result<DataType> real_scaled_type(DataType source);

// exp, tanh and so on: float16 for bool and 8-bit integers, float32 for 16-bit ones, float64 for wider
// ones, else the source's. Not for complex types.
Result<DataType> function_type(DataType source);

// The least and greatest value of an integer type or bool.
struct IntegerRange {
  double least;
  double greatest;  // rounded up for 64-bit types
};
IntegerRange integer_range(DataType type);

// Bounds and limits are float64: kNotFound for one that a 64-bit integer type would compare with wrongly.
Status check_exact(DataType type, double bound);

}  // namespace neurofs
