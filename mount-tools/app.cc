// The root of the command line.

#include <CLI/CLI.hpp>

#include "mount-tools/commands.h"

namespace neurofs::tools {

std::unique_ptr<CLI::App> make_app(int& exit_code) {
  auto app = std::make_unique<CLI::App>("Mount an array; every neuron is a file", "neurofs");
  app->set_version_flag("--version", "neurofs " NEUROFS_VERSION);
  app->require_subcommand(1);
  for (const auto add : {add_create, add_import, add_write, add_info, add_region, add_selection,
                         add_mount, add_umount, add_status, add_stats, add_prefetch, add_refresh,
                         add_cache, add_replay, add_plugins, add_explain_name}) {
    add(*app, exit_code);
  }
  // Last, since a subcommand begins with its parent's footer.
  app->footer(
      "A FIELD is a path or URL of a Zarr array or group, a .npy file, or a raw file with a JSON "
      "description beside it. Sizes take suffixes: 4GiB, 512M (binary) or 4GB (decimal).");
  return app;
}

}  // namespace neurofs::tools
