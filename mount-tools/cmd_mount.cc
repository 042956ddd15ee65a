// neurofs mount: starts the daemon of a mount and waits until it answers.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fs/mount.h"
#include "mount-tools/commands.h"
#include "mount-tools/daemonise.h"
#include "mount-tools/destination.h"
#include "mount-tools/mount_args.h"
#include "mount-tools/mount_checks.h"
#include "mount-tools/mount_table.h"
#include "mount-tools/place.h"
#include "mount-tools/private_memory.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

struct Options {
  std::string source;
  std::string directory;
  std::vector<std::string> lists;  // of -o
  bool foreground = false;
  MountArgs args;
};

// The daemon leaves the working directory, so a relative path must not be kept. Everything else stays
// as mount(8) compares it with fstab.
std::string absolute_source(const std::string& source) {
  if (source.empty() || source.find("://") != std::string::npos) return source;
  std::string path = std::filesystem::absolute(source).lexically_normal().string();
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Status serve(const Options& options, const MountOptions& mount,
             const std::function<void()>& ready) {
  keep_memory_private();  // which may hold credentials of a store
  NF_TRY(set_up_logging(options.args.log));
  const auto ended = run_mount(options.source, options.directory, mount, [&](const Status& status) {
    if (status.ok()) ready();
  });
  return ended.status();
}

void announce(const Options& options) {
  fmt::print("{} mounted at {}\n", options.source, options.directory);
  std::fflush(stdout);
}

// Arrays of a group that are not shown leave no other trace at the terminal.
void say_what_is_missing(const std::string& directory) {
  const auto errors = read_control_text(directory, "errors");
  if (!errors.ok()) return;
  const auto count = std::count(errors->begin(), errors->end(), '\n');
  if (count == 0) return;
  fmt::print(stderr, "neurofs mount: {} array{} cannot be shown; see {}/.neurofs/errors\n", count,
             count == 1 ? "" : "s", directory);
}

// Who asked for a cache would not look for it in the log.
void say_where_the_cache_is_off(const std::string& directory) {
  const auto stats = read_control_file(directory, "stats.json");
  if (!stats.ok()) return;
  const auto cache = stats->value("nvme", nlohmann::json());
  if (!cache.is_object() || cache.value("state", "on") == "on") return;
  fmt::print(stderr, "neurofs mount: warning: the disk cache is off, reads go on without it: {}\n",
             printable(cache.value("reason", std::string())));
}

// fstab(5): with nofail, a source that is not there is no error.
bool may_be_left_out(const Options& options) {
  const std::string local = local_path_of(options.source);
  std::error_code ignored;
  return options.args.nofail && !local.empty() && !std::filesystem::exists(local, ignored);
}

int run(Options options) {
  if (const Status status = apply_option_lists(options.lists, options.args); !status.ok()) {
    return fail_usage("mount", status);
  }
  auto mount = to_mount_options(options.args);
  if (!mount.ok()) return fail_usage("mount", mount.status());
  options.source = absolute_source(options.source);
  if (may_be_left_out(options)) {
    fmt::print(stderr, "neurofs mount: {} does not exist; not mounted (nofail)\n", options.source);
    return kExitOk;
  }
  options.directory = absolute_directory(options.directory);
  const Status mountable =
      check_mountable({options.directory, mount->allow_other, options.args.nonempty});
  if (!mountable.ok()) return fail("mount", mountable);
  if (std::string& learned = mount->engine.learn_dir; !learned.empty()) {
    learned = std::filesystem::absolute(learned).string();
  }
  if (std::string& cache = mount->cache.directory; !cache.empty()) {
    cache = std::filesystem::absolute(cache).string();
  }
  options.args.log.background = !options.foreground;
  if (!options.args.log.file.empty()) {
    options.args.log.file = std::filesystem::absolute(options.args.log.file).string();
  }
  const Server server = [&](const std::function<void()>& ready) {
    return serve(options, *mount, ready);
  };
  const Status status =
      options.foreground ? server([&] { announce(options); }) : run_in_background(server);
  if (!status.ok()) return fail("mount", status, unfinished_import_hint(options.source));
  if (options.foreground) return kExitOk;
  announce(options);
  say_what_is_missing(options.directory);
  if (!mount->cache.directory.empty()) say_where_the_cache_is_off(options.directory);
  return kExitOk;
}

}  // namespace

void add_mount(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("mount", "Show a field or a group as files");
  command->add_option("SOURCE", options->source, "Path or URL of a field or group")->required();
  command->add_option("DIR", options->directory, "An empty directory, unless --nonempty")
      ->required();
  command->add_flag("-f,--foreground", options->foreground, "Do not go to the background");
  command
      ->add_option("-o", options->lists,
                   "The options below as mount(8) writes them: -o ram=4GiB,allow_other")
      ->allow_extra_args(false);
  add_mount_args(*command, options->args);
  command->footer(
      "Returns when the mount answers, or says why it does not. The mount is read-only. Unmount "
      "with: neurofs umount DIR");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
