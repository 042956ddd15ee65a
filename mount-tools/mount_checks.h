// What can be said about a mount point before a daemon is started for it.
//
// Purpose: libfuse and fusermount3 tell the terminal or nobody why they refuse, so what they would
// refuse is looked at first; and a directory with contents is not covered silently.
// Thread-safety: main thread. A dead or living mount of ours at the place is left to the mount itself.
#pragma once

#include <string>

#include "core/base/status.h"

namespace neurofs::tools {

struct MountRequest {
  std::string directory;  // absolute
  bool allow_other = false;
  bool nonempty = false;  // the directory may have contents, which the mount hides
};

// kInvalidArgument for a directory that is not empty; kPermission, without being root, for what
// fusermount3 refuses: /dev/fuse, a directory of somebody else's, --allow-other.
Status check_mountable(const MountRequest& request);

}  // namespace neurofs::tools
