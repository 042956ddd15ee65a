// Runs a lens over elements in memory: what Lens::apply() and Lens::copy() do, for executors that hold a
// LensProgram alone.
//
// Thread-safety: any thread; no state. Shapes and strides: as strided_copy(), of the source's items and of
// the result's. Precondition: a program that Lens has made; no overlap of source and destination.
#pragma once

#include <cstddef>

#include "core/geometry/shape.h"
#include "core/lens/lens_program.h"

namespace neurofs {

// `count` elements, dense on both sides.
void run_lens(const LensProgram& program, std::byte* dst, const std::byte* src, size_t count);

// An N-D box.
void run_lens_box(const LensProgram& program, std::byte* dst, const Dims& dst_strides,
                  const std::byte* src, const Dims& src_strides, const Dims& shape);

}  // namespace neurofs
