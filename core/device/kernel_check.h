// Checks the argument blocks of kernels.h before they are queued, the same for every kind of device.
//
// Purpose: what can be refused without knowing the memory is refused at once with kInvalidArgument, so
// that no executor computes an address from a product that has wrapped. Addresses themselves are the
// caller's promise. Pure; thread-safe. Errors: kInvalidArgument and kOverflow; the device stays usable.
#pragma once

#include "core/base/status.h"
#include "core/device/kernels.h"

namespace neurofs {

Status check_kernel(const GatherRows& rows);
Status check_kernel(const GatherBoxes& boxes);
Status check_kernel(const ReduceRows& rows);
Status check_kernel(const DecodeBlock& block);

}  // namespace neurofs
