// neurofs prefetch: has a mount read ahead what somebody is going to read.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "core/storage/unique_fd.h"
#include "fs/neurofs_control.h"
#include "mount-tools/commands.h"
#include "mount-tools/interrupts.h"
#include "mount-tools/mount_table.h"
#include "mount-tools/prefetch_files.h"
#include "mount-tools/progress_bar.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

// Of one call: small enough that the bar moves, large enough that requests go out together.
constexpr uint64_t kCall = uint64_t{64} << 20;

struct Options {
  std::vector<std::string> paths;
  std::string tier = "ram";
  bool json = false;
  bool quiet = false;
};

struct Work {
  std::vector<PrefetchFile> files;
  std::map<std::string, uint64_t> bytes_of_mount;
  uint64_t total = 0;
};

Result<Work> plan(const std::vector<std::string>& paths) {
  Work work;
  for (const std::string& path : paths) {
    NF_ASSIGN(PrefetchFiles found, prefetch_files(path));
    for (PrefetchFile& file : found.files) {
      work.total += file.size;
      work.bytes_of_mount[found.mountpoint] += file.size;
      work.files.push_back(std::move(file));
    }
  }
  return work;
}

void warn_of_small_tier(const Work& work, bool nvme) {
  for (const auto& [mountpoint, bytes] : work.bytes_of_mount) {
    const auto stats = read_control_file(mountpoint, "stats.json");
    if (!stats.ok()) continue;
    const auto tier = stats->value(nvme ? "nvme" : "ram", nlohmann::json());
    if (!tier.is_object()) continue;  // the mount says so itself
    const uint64_t budget = tier.value("budget_bytes", uint64_t{0});
    if (bytes <= budget) continue;
    fmt::print(
        stderr, "neurofs prefetch: warning: {} is more than {} of {} ({}): what came first {}\n",
        format_bytes(bytes), nvme ? "--cache-size" : "--ram", mountpoint, format_bytes(budget),
        nvme ? "may go again, unless its codecs make it smaller"
             : "goes again; --tier nvme has more room, in a mount with --cache-dir");
  }
}

Status why(const PrefetchFile& file, const neurofs_prefetch& answer, int error) {
  if (error == ENOTTY) {
    return unsupported(file.path + " cannot be prefetched: it is no file of elements");
  }
  if (error == EINTR) return {Code::kInterrupted, "ended before all was there"};
  const std::string text = text_in(answer.text);
  return io_error(fmt::format("{}: {}", file.path, text.empty() ? std::strerror(error) : text));
}

Status bring(const PrefetchFile& file, uint32_t tier, const std::function<void(uint64_t)>& show) {
  const UniqueFd fd(open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return io_error(fmt::format("{}: {}", file.path, std::strerror(errno)));
  neurofs_prefetch request{};
  request.tier = tier;
  while (request.offset < file.size) {
    request.length = kCall;
    if (interrupted()) return why(file, request, EINTR);
    if (ioctl(fd.get(), NEUROFS_IOC_PREFETCH, &request) != 0) {
      if (errno == EINTR && !interrupted()) continue;  // by Ctrl-Z or a debugger: it goes on
      if (errno == EAGAIN) {
        usleep(100'000);  // others prefetch
        continue;
      }
      return why(file, request, errno);
    }
    if (request.done == 0) break;
    request.offset += request.done;
    show(request.offset);
  }
  return {};
}

int run(const Options& options) {
  const auto work = plan(options.paths);
  if (!work.ok()) return fail("prefetch", work.status());
  const uint32_t tier = options.tier == "nvme" ? NEUROFS_PREFETCH_NVME : NEUROFS_PREFETCH_RAM;
  warn_of_small_tier(*work, tier == NEUROFS_PREFETCH_NVME);
  ProgressBar bar(!options.quiet && isatty(STDERR_FILENO) == 1);
  stop_at_signals();
  uint64_t done = 0;
  Status status;
  for (const PrefetchFile& file : work->files) {
    status = bring(file, tier, [&](uint64_t at) { bar.show(done + at, work->total, 0); });
    if (!status.ok()) break;
    done += file.size;
  }
  bar.finish();
  if (!status.ok()) return fail("prefetch", status);
  if (options.json) {
    fmt::print("{}\n", json_text({{"tier", options.tier},
                                  {"files", work->files.size()},
                                  {"bytes", done},
                                  {"seconds", bar.seconds()}}));
  } else {
    fmt::print("{} of {} file{} in {} in {}\n", format_bytes(done), work->files.size(),
               work->files.size() == 1 ? "" : "s",
               options.tier == "nvme" ? "the NVMe cache" : "RAM", format_seconds(bar.seconds()));
  }
  return kExitOk;
}

}  // namespace

void add_prefetch(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("prefetch", "Have a mount read ahead");
  command
      ->add_option(
          "PATH", options->paths,
          "In a mount: field.npy, neuron and region files, regions/ (all that have a name), "
          "or the directory of a field or group (all of it)")
      ->required();
  command->add_option("--tier", options->tier, "ram: the mount's memory; nvme: --cache-dir alone")
      ->capture_default_str()
      ->check(CLI::IsMember({"ram", "nvme"}));
  command->add_flag("--json", options->json, "Print as JSON");
  command->add_flag("-q,--quiet", options->quiet, "No progress bar");
  command->footer(
      "The mount reads; no data passes through this command, and Ctrl-C ends it. With --tier nvme "
      "what "
      "is read may be larger than RAM, and leaves there what is in use.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
