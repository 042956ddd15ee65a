// Mount points: checks before a mount, and cleaning up after a daemon that died.
//
// Purpose: refuse what would hang (a source under its own mount point, RELIABILITY R46) and repair
// what a killed daemon left behind (R41). Thread-safety: free functions.
// Errors say what is wrong with which directory and the command that helps.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace neurofs {

inline constexpr std::string_view kFuseSubtype = "neurofs";

// One line of /proc/self/mountinfo.
struct MountedAt {
  std::string type;  // "fuse.neurofs"
  std::string source;
  unsigned device_major = 0;
  unsigned device_minor = 0;
};

// The topmost mount at exactly that path (absolute, without links).
std::optional<MountedAt> find_mount(std::string_view mountpoint);
// The same from a file's text: pure.
std::optional<MountedAt> find_mount_in(std::string_view mountinfo, std::string_view mountpoint);

// Makes the directory fit to mount on; returns its absolute path. A dead neurofs mount is detached
// when `recover` is set; a living one is kExists.
Result<std::string> prepare_mountpoint(const std::string& directory, bool recover);

// kInvalidArgument when one path is the other or lies inside it. Both absolute, without links.
Status check_apart(const std::string& source, const std::string& mountpoint,
                   std::string_view what = "source");

// Detaches whatever is mounted there, at once and even if busy.
Status detach(const std::string& mountpoint);

// Sets how far the kernel reads ahead on a mount; needs root.
Status set_read_ahead(const MountedAt& mount, unsigned kib);

}  // namespace neurofs
