// Removing a mount from the table, as root by the system call, else through fusermount3.
//
// Thread-safety: main thread; starts a process when not root. Errors: kIoError with what holds the
// mount and what to do, kNotFound when fusermount3 is not installed, kPermission for another user's mount.
#pragma once

#include <string>

#include "core/base/status.h"

namespace neurofs::tools {

// `directory` is absolute. Lazy: detach although files are open (MNT_DETACH).
Status detach_mount(const std::string& directory, bool lazy);

}  // namespace neurofs::tools
