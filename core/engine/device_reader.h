// Reads of rows and regions into device memory, and leases on such memory.
//
// Purpose: the engine's side of TieredMemory's device calls and of exports. See device_reads.h for
// shapes, ownership and errors. Thread-safety: every function from any thread.
#pragma once

#include <span>

#include "core/engine/device_reads.h"
#include "core/engine/field.h"
#include "core/lens/lens.h"

namespace neurofs {

// Row i of `out` becomes lens(neuron neurons[i]); out.size must be all rows' bytes after the lens.
Result<DeviceBatch> read_rows_to_device(const std::shared_ptr<Field>& field,
                                        std::span<const Index> neurons, const DeviceBuffer& out,
                                        const Lens& lens);

// The region's elements in C order, through the lens; out.size must be their bytes.
Result<DeviceBatch> read_region_to_device(const std::shared_ptr<Field>& field, const Region& region,
                                          const DeviceBuffer& out, const Lens& lens);

// A region in device memory of its own, for another process: it can then touch nothing else of the GPU,
// although what it maps is writable. The values are those of now; a later change of the field does not
// reach them. kNoMemory when the part of the GPU budget that is for such memory (an eighth) is full.
Result<DeviceLease> lease_region(const std::shared_ptr<Field>& field, const Region& region,
                                 const Lens& lens, int gpu = -1);

}  // namespace neurofs
