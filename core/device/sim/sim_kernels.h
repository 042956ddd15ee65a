// The kernels of kernels.h on the simulated GPU's memory: the reference for every other executor.
//
// Purpose: plain loops over resolved addresses; each finds out of bounds and freed memory as a GPU's
// memory checker would. Arguments have passed check_kernel(). Thread-safety: as the heap.
// Errors: kIoError for an illegal address; the destination may then be written in part.
#pragma once

#include "core/base/status.h"
#include "core/device/kernels.h"
#include "core/device/sim/sim_heap.h"

namespace neurofs {

Status sim_gather(const SimHeap& heap, const GatherRows& rows);
Status sim_gather(const SimHeap& heap, const GatherBoxes& boxes);
Status sim_reduce(const SimHeap& heap, const ReduceRows& rows);
Status sim_decode(const SimHeap& heap, const DecodeBlock& block);

}  // namespace neurofs
