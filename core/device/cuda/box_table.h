// BoxTable: boxes as the GPU reads them, with fewer axes and wider items where the layout allows.
//
// Purpose: axes of size 1 everywhere are dropped, axes that are contiguous on both sides in every box
// become one, and where the innermost runs are dense and aligned an item grows up to 16 bytes. Pure host
// code; thread-safe. Ownership: owns its tables; BoxesLaunch's pointers are left for the caller.
// Precondition: check_kernel() has passed. Errors: none; boxes without elements are left out.
#pragma once

#include <vector>

#include "core/device/cuda/launch.h"
#include "core/device/kernels.h"

namespace neurofs::cuda {

struct BoxTable {
  std::vector<BoxEntry> entries;
  std::vector<int64_t> shapes;
  BoxesLaunch launch;
};

BoxTable make_box_table(const GatherBoxes& boxes);

}  // namespace neurofs::cuda
