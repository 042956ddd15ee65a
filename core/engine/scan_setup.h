// What both kinds of scan begin with. Internal to core/engine; pure, thread-safe.
#pragma once

#include "core/device/kernels.h"
#include "core/engine/field_scan.h"

namespace neurofs {

// The reduction without its rows and places; checks lens and options.
Result<ReduceRows> reduction_of(const Field& field, const Lens& lens, const ScanOptions& options);

}  // namespace neurofs
