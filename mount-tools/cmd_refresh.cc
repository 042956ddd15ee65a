// neurofs refresh: has a mount look at its source anew.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/storage/unique_fd.h"
#include "fs/neurofs_control.h"
#include "mount-tools/commands.h"
#include "mount-tools/mount_table.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

struct Options {
  std::string directory;
  bool json = false;
};

Status why(const std::string& directory, const neurofs_refresh& answer, int error) {
  if (error == EPERM) {
    return {Code::kPermission,
            directory + " is another user's mount; only they and root refresh it"};
  }
  const std::string text = text_in(answer.text);
  return io_error(fmt::format("{}: {}", directory, text.empty() ? std::strerror(error) : text));
}

Result<neurofs_refresh> refresh(const std::string& directory) {
  const auto mount = mount_at(directory);
  if (!mount || is_dead_mount(directory)) {
    return not_found(directory + (mount ? " has lost its daemon" : " is not a mount of NeuroFS"));
  }
  const std::string path = directory + "/.neurofs/status.json";
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return io_error(fmt::format("{}: {}", path, std::strerror(errno)));
  neurofs_refresh answer{};
  // Ctrl-Z or a debugger ends the call and not the wish; Ctrl-C ends the program.
  while (ioctl(fd.get(), NEUROFS_IOC_REFRESH, &answer) != 0) {
    if (errno != EINTR) return why(directory, answer, errno);
  }
  return answer;
}

int run(const Options& options) {
  const std::string directory = absolute_directory(options.directory);
  const auto answer = refresh(directory);
  if (!answer.ok()) return fail("refresh", answer.status(), "see: neurofs status");
  const std::string changed = text_in(answer->text);
  if (options.json) {
    fmt::print("{}\n", json_text({{"fields", answer->fields},
                                  {"other_metadata", answer->changed},
                                  {"names", changed}}));
  } else {
    fmt::print("{}: {} field{} looked at anew\n", printable(directory), answer->fields,
               answer->fields == 1 ? "" : "s");
  }
  if (answer->changed == 0) return kExitOk;
  return fail("refresh",
              invalid_argument(fmt::format("{} of them have other metadata than when they were "
                                           "mounted ({}) and are shown as they were",
                                           answer->changed, changed)),
              fmt::format("to see them: neurofs umount {} and mount again", directory));
}

}  // namespace

void add_refresh(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("refresh", "Have a mount see now what has changed in its source");
  command->add_option("DIR", options->directory, "Where it is mounted")->required();
  command->add_flag("--json", options->json, "Print as JSON");
  command->footer(
      "Metadata is read again, and what RAM and the kernel have of the fields is dropped; a file "
      "that is "
      "opened from now on is as it is stored. The exit status is 1 when a field's metadata is "
      "another "
      "(its shape, say): that needs a new mount.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
