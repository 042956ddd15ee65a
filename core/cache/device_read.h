// read_from_device: blocks from a device's memory into RAM.
//
// Purpose: the step of a load between RAM and the store. Small blocks are gathered on the device and
// cross the bus together; one batch is handed out while the next is on its way.
// Thread-safety: any thread. Ownership: borrows all; the device is done with them when it returns.
// Errors: none reach the loads: what is not here, or did not come, stays kPending for the store.
#pragma once

#include <span>

#include "core/cache/block_cache.h"
#include "core/cache/device_lane.h"
#include "core/cache/device_share.h"

namespace neurofs {

// Sets kData for those of `loads` (all kPending) that the share holds. Not ok when one did not come.
Status read_from_device(DeviceShare& share, LanePool& lanes, std::span<BlockLoad* const> loads);

}  // namespace neurofs
