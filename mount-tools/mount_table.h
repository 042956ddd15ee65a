// The NeuroFS mounts of this machine, and questions to them that cannot hang.
//
// Purpose: `status`, `stats`, `umount` and `mount` look at /proc/self/mounts and at the files under
// .neurofs/. A daemon that is stuck must not hang the tool, so reads have a deadline; a read that
// passes it is left behind on its own thread. Thread-safety: any thread.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace neurofs::tools {

struct MountEntry {
  std::string source;
  std::string directory;
  std::string options;
};

// Mounts of type fuse.neurofs, in the order of the table.
std::vector<MountEntry> neurofs_mounts();

// The topmost mount at exactly this directory, of any type.
std::optional<MountEntry> mount_at(const std::string& directory);

// The NeuroFS mount that an absolute path lies in: the innermost one.
std::optional<MountEntry> mount_holding(const std::string& path);

// Absolute and without "." or ".."; symbolic links are followed where the path can be looked at (on
// a dead mount it cannot).
std::string absolute_directory(const std::string& directory);

// True when the daemon behind a mount has gone: ENOTCONN from the kernel.
bool is_dead_mount(const std::string& directory);

// A file under DIRECTORY/.neurofs/. kTimeout when no answer came in time, kNotFound when it is not a
// NeuroFS mount, kPermission when it is another user's, kIoError with the reason otherwise.
Result<std::string> read_control_text(const std::string& directory, const std::string& name,
                                      std::chrono::milliseconds deadline = std::chrono::seconds(5));

// The same for one that holds a JSON object.
Result<nlohmann::json> read_control_file(
    const std::string& directory, const std::string& name,
    std::chrono::milliseconds deadline = std::chrono::seconds(5));

}  // namespace neurofs::tools
