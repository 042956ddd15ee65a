// prefetch_range: the blocks of a byte range of a region, brought nearer for nobody in particular.
//
//   to kRam:    those that RAM lacks, as a read would bring them (and into the store's own cache on the way)
//   to kStore:  all of them, into memory of the call's own, so that only the store's cache keeps them
//
// Thread-safety: any thread; waits, and ends with the thread's ReadScope. Not counted as a read, and not told to
// the predictor. Memory for kStore: 16 MiB, or one block where that is larger. Units: bytes of the region as its
// reader gives it. Errors: of the first block that cannot be had.
#pragma once

#include <memory>

#include "core/engine/field.h"

namespace neurofs {

enum class PrefetchTo : uint8_t { kRam, kStore };

Status prefetch_range(const RegionReader& reader, const ByteRange& range, PrefetchTo to);

}  // namespace neurofs
