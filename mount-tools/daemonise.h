// Running a server in the background with an answer in the foreground.
//
// Purpose: `neurofs mount` returns when the mount answers, or with the reason why it does not.
// The process forks before anything is mounted and before threads exist: a process that is forked
// after the mount would hold /dev/fuse open, and a dead mount would then hang its readers.
// Thread-safety: call from a process with one thread. Errors: the child's Status, or kIoError when
// the child died without one.
#pragma once

#include <functional>

#include "core/base/status.h"

namespace neurofs::tools {

// The server calls `ready` once when it can be used, and returns when it has ended.
using Server = std::function<Status(const std::function<void()>& ready)>;

// Parent: returns after `ready` (ok) or the failure. Child: runs the server in a session of its own
// with / as directory and /dev/null as standard streams, and exits: it never returns.
Status run_in_background(const Server& serve);

}  // namespace neurofs::tools
