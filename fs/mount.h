// Mounting a source: the one call that `neurofs mount` makes.
//
// Purpose: source, engine, file system and FUSE session put together in order. The caller
// daemonizes before (nothing forks after the mount) and sets PR_SET_DUMPABLE if it wants to.
// Thread-safety: one mount per process. Errors: everything that keeps the mount from answering is
// returned and told to `on_ready`; arrays that do not open are listed in .neurofs/errors instead.
#pragma once

#include <functional>
#include <string>

#include "core/base/result.h"
#include "fs/mount_options.h"

namespace neurofs {

// Blocks until unmounted. `on_ready` is called exactly once, with ok when the mount answers, else
// with the reason. Returns 0 after an unmount, the signal's number after SIGTERM or SIGINT.
Result<int> run_mount(const std::string& source, const std::string& mountpoint,
                      const MountOptions& options, const std::function<void(Status)>& on_ready);

}  // namespace neurofs
