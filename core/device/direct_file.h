// DirectFile: an open file whose bytes a device reads into its own memory.
//
// Purpose: the way past RAM for stored bytes that no CPU has to look at; made by Device::open_direct().
// Thread-safety: read() from many threads at once, into memory that does not overlap.
// Ownership: keeps its device alive; borrows the descriptor, which stays open as long as this lives.
// Units: bytes. No alignment is asked of address, offset or size; multiples of 4096 may be faster.
// Errors: kCorrupt where the file ends before the range does, else kIoError. The device stays usable,
// unless it is_lost(); what the memory holds then is not said.
#pragma once

#include <cstdint>

#include "core/base/status.h"
#include "core/device/kernels.h"

namespace neurofs {

class DirectFile {
 public:
  virtual ~DirectFile() = default;
  // Blocks the caller until bytes [offset, offset + size) of the file are at `to`, for all work that is
  // queued afterwards. What is queued already must not use that memory.
  virtual Status read(DevicePointer to, uint64_t offset, uint64_t size) = 0;
};

}  // namespace neurofs
