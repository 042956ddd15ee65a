// The options of `neurofs mount`, given as --ram 4GiB or as -o ram=4GiB alike.
//
// Ownership: CLI11 options write into the struct, which must outlive the parse.
// Errors of the functions: kInvalidArgument naming the option.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "fs/mount_options.h"
#include "mount-tools/logging.h"

namespace CLI {
class App;
}  // namespace CLI

namespace neurofs::tools {

struct MountArgs {
  std::string ram = "1GiB";
  std::string prefetch = "16MiB";
  std::string gpu_mem = "0";
  std::string gpus;
  std::string cache_size = "16GiB";
  bool no_recover = false;
  bool recover = false;  // the default; accepted so that it can be said
  bool no_io_uring = false;
  bool nonempty = false;
  bool nofail = false;  // only as a word of -o
  MountOptions options;
  LogOptions log;
};

void add_mount_args(CLI::App& command, MountArgs& args);

// Applies "ram=4GiB,allow_other,..." lists as mount(8) passes them; generic words that mean nothing
// here (ro, defaults, nofail, x-*, ...) are skipped, with `sloppy` in the list unknown ones too.
Status apply_option_lists(const std::vector<std::string>& lists, MountArgs& args);

// What run_mount takes.
Result<MountOptions> to_mount_options(const MountArgs& args);

}  // namespace neurofs::tools
