// A lens program on host memory, as the CPU executors of kernels.h need it.
//
// Purpose: the same results as Lens::apply() and Lens::copy(), from the program that a kernel's argument
// block carries. Pure; thread-safe. Units: bytes for strides. Errors: none; no overlap.
#pragma once

#include <cstddef>

#include "core/geometry/shape.h"
#include "core/lens/lens_program.h"

namespace neurofs {

// `count` elements, dense on both sides.
void host_lens(const LensProgram& lens, std::byte* to, const std::byte* from, size_t count);
// A box; as strided_copy().
void host_lens_box(const LensProgram& lens, std::byte* to, const Dims& to_strides,
                   const std::byte* from, const Dims& from_strides, const Dims& shape);
// Numbers of `type`, not a complex one, as doubles: integers past 2^53 round to even.
void host_widen(DataType type, double* to, const std::byte* from, size_t count);

}  // namespace neurofs
