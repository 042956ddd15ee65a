// neurofs umount: detaches a mount, also one whose daemon has gone.

#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "mount-tools/commands.h"
#include "mount-tools/detach.h"
#include "mount-tools/mount_table.h"
#include "mount-tools/report.h"

namespace neurofs::tools {
namespace {

struct Options {
  std::string directory;
  bool lazy = false;
};

// The daemon ends at the unmount; waiting for it makes "umount, then mount again" reliable.
void wait_for_exit(pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (pid > 1 && kill(pid, 0) == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

pid_t daemon_of(const std::string& directory) {
  const auto status = read_control_file(directory, "status.json", std::chrono::seconds(1));
  return status.ok() ? status->value("pid", pid_t{0}) : 0;
}

int run(const Options& options) {
  const std::string directory = absolute_directory(options.directory);
  bool ours = false;
  for (const MountEntry& mount : neurofs_mounts()) ours = ours || mount.directory == directory;
  if (!ours) {
    return fail("umount", not_found(directory + " is not a NeuroFS mount"), "see: neurofs status");
  }
  const bool dead = is_dead_mount(directory);
  const pid_t pid = dead ? 0 : daemon_of(directory);
  const Status status = detach_mount(directory, options.lazy || dead);
  if (!status.ok()) return fail("umount", status);
  if (dead) {
    fmt::print("{}: the daemon had gone; the mount is removed\n", directory);
  } else if (!options.lazy) {
    wait_for_exit(pid);
  }
  return kExitOk;
}

}  // namespace

void add_umount(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("umount", "Unmount");
  command->add_option("DIR", options->directory, "Where it is mounted")->required();
  command->add_flag("-z,--lazy", options->lazy,
                    "Detach now although files are open; the daemon ends at the last close");
  command->footer("A mount whose daemon has crashed or was killed is removed as well.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
