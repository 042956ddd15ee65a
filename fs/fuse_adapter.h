// fuse_adapter: libfuse's low-level operations, each a thin call of FileSystem.
//
// Purpose: translate requests, replies and Status; nothing else (fuse_handlers.h). With fuse_session.cc the only
// code that sees libfuse. Thread-safety: handlers run on any of libfuse's workers.
// Ownership: the adapter borrows the FileSystem; libfuse borrows the adapter.
#pragma once

#include <functional>

#include "fs/cold_reads.h"
#include "fs/control_requests.h"
#include "fs/file_system.h"
#include "fs/gpu_exports.h"
#include "fs/kernel_cache.h"
#include "fs/mount_options.h"
#include "fs/page_pusher.h"
#include "fs/request_counters.h"

struct fuse_lowlevel_ops;
struct fuse_session;

namespace neurofs {

struct FuseAdapter {
  FileSystem& fs;
  const MountOptions& options;
  std::function<void()> on_init;  // called once, when the kernel has agreed on a protocol
  bool no_open = false;           // set by init: the kernel opens files on its own

  fuse_session* session = nullptr;  // set once the session is made

  FuseAdapter(FileSystem& file_system, const MountOptions& mount_options,
              std::function<void()> initialized);

  RequestCounters requests;
  Counter& read_bytes;
  ColdReads cold_reads;
  KernelCache kernel_cache;
  PagePusher page_pusher;
  GpuExports gpu_exports;
  ControlRequests control_requests;  // last: its threads use the others
};

// The table for fuse_session_new, whose user data is a FuseAdapter.
const fuse_lowlevel_ops& fuse_operations();

}  // namespace neurofs
