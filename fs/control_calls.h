// The daemon's side of neurofs_control.h: what each call does, and what its struct says afterwards.
//
// Thread-safety: any thread but those that answer the kernel: both may wait for a store, and the refresh for the
// kernel. Ownership: borrows everything for the call. Errors: as FileSystem::prefetch() and refresh(); the
// message is in `text` too.
#pragma once

#include "fs/file_system.h"
#include "fs/kernel_cache.h"
#include "fs/neurofs_control.h"

namespace neurofs {

Status serve_prefetch(const FileSystem& fs, NodeId id, neurofs_prefetch* request);
Status serve_refresh(FileSystem& fs, KernelCache& kernel, neurofs_refresh* answer);

}  // namespace neurofs
