// FuseSession: one mount's life with libfuse, from mount(2) to the last reply.
//
// Purpose: options, the worker loop, signals and the end. Thread-safety: run() is called once.
// Ownership: borrows the FileSystem and the options.
//
// Signals while run() works: SIGTERM and SIGINT stop taking requests, finish those in flight (at
// most options.drain_s, then the mount is detached and the process exits), unmount and return; a
// second one ends at once. SIGHUP has the store look for its credentials anew; SIGPIPE is ignored. No process is forked after the mount,
// and every descriptor is close-on-exec: a child that held /dev/fuse would turn the daemon's death
// into a hang (RELIABILITY R47).
#pragma once

#include <functional>
#include <string>

#include "fs/file_system.h"
#include "fs/mount_options.h"

namespace neurofs {

// Mounts `fs` on `mountpoint` (absolute, prepared) and serves it until it is unmounted. `on_ready`
// is called once, from another thread, when the mount has answered its first request. Returns 0
// after an unmount, or the signal that ended it.
Result<int> run_fuse_session(FileSystem& fs, const std::string& source,
                             const std::string& mountpoint, const MountOptions& options,
                             const std::function<void()>& on_ready);

}  // namespace neurofs
