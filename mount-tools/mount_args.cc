#include "mount-tools/mount_args.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>

#include "mount-tools/remote_args.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

// Words that mount(8) and fstab(5) may pass to any file system. A mount is always read-only,
// nosuid and nodev, whatever they say.
bool is_generic(std::string_view word) {
  constexpr std::array<std::string_view, 24> kWords{
      "ro",   "rw",    "defaults", "auto",  "noauto",  "user",   "nouser",   "users",
      "suid", "dev",   "nosuid",   "nodev", "exec",    "noexec", "atime",    "noatime",
      "sync", "async", "nofail",   "owner", "_netdev", "sloppy", "relatime", "default_permissions"};
  return word.empty() || std::find(kWords.begin(), kWords.end(), word) != kWords.end() ||
         word.starts_with("x-") || word.starts_with("X-") || word.starts_with("comment=");
}

std::vector<std::string> split_commas(const std::vector<std::string>& lists) {
  std::vector<std::string> words;
  for (const std::string& list : lists) {
    size_t at = 0;
    while (at <= list.size()) {
      const size_t end = std::min(list.find(',', at), list.size());
      words.push_back(list.substr(at, end - at));
      at = end + 1;
    }
  }
  return words;
}

// "allow_other" -> "--allow-other", "log_file=/a_b" -> "--log-file=/a_b".
std::string to_flag(const std::string& word) {
  std::string flag = "--" + word;
  const auto name_end = std::find(flag.begin(), flag.end(), '=');
  std::replace(flag.begin(), name_end, '_', '-');
  return flag;
}

// "0,1"; in a list of -o, where commas part options, "0:1".
Result<std::vector<int>> parse_gpu_ids(const std::string& text) {
  constexpr int kMostId = 1023;
  std::vector<int> ids;
  for (size_t at = 0; !text.empty() && at <= text.size();) {
    const size_t end = std::min(text.find_first_of(",:", at), text.size());
    int id = -1;
    const char* last = text.data() + end;
    const auto parsed = std::from_chars(text.data() + at, last, id);
    if (parsed.ec != std::errc() || parsed.ptr != last || id < 0 || id > kMostId) {
      return invalid_argument("--gpu " + text + ": numbers as nvidia-smi counts, such as 0,1");
    }
    ids.push_back(id);
    at = end + 1;
  }
  return ids;
}

}  // namespace

void add_mount_args(CLI::App& command, MountArgs& args) {
  MountOptions& o = args.options;
  command.add_option("--ram", args.ram, "Memory for cached data, such as 4GiB")
      ->capture_default_str();
  command
      .add_option("--prefetch", args.prefetch,
                  "Most bytes fetched ahead for one reader; four times as many from remote stores")
      ->capture_default_str();
  command.add_option("--cache-dir", o.cache.directory,
                     "Keep remote data in this directory of a local disk, across mounts too");
  command
      .add_option("--cache-size", args.cache_size,
                  "Most bytes that all mounts together keep in --cache-dir")
      ->capture_default_str();
  command
      .add_option("--gpu-mem", args.gpu_mem,
                  "GPU memory for cached data, such as 64GiB, never more than is free (0: none)")
      ->capture_default_str();
  command.add_option("--gpu", args.gpus,
                     "Which GPUs, such as 0,1; with -o gpu=0:1 (default: the first)");
  command.add_flag("--gpu-victim", o.engine.gpu_victim, "Keep in GPU memory what leaves --ram");
  command.add_flag("--gpu-direct", o.engine.gpu_direct,
                   "Read local files straight into GPU memory (GPUDirect Storage), where it goes");
  command.add_option("--policy", o.engine.policy, "Which block leaves memory: see plugins")
      ->capture_default_str();
  command.add_option("--predictor", o.engine.predictor, "What is fetched ahead: see plugins, none")
      ->capture_default_str();
  command.add_option("--learn-dir", o.engine.learn_dir,
                     "Keep in this directory what is learned of orders that programs repeat, for "
                     "the next mount");
  command.add_option("--threads", o.threads, "Requests served at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command.add_option("--decode-threads", o.engine.threads, "Threads that decode (0: one per CPU)")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  command.add_flag("--allow-other", o.allow_other, "Let other users read the mount");
  command.add_flag("--direct-io", o.direct_io,
                   "Bypass the kernel's page cache; no shared memory maps then");
  command.add_flag("--push", o.push_pages,
                   "Give the kernel the files of a walk over neurons before it asks for them; a "
                   "daemon that is killed with -9 meanwhile may leave a mount that hangs");
  command
      .add_option("--read-ahead-kb", o.read_ahead_kb,
                  "Kernel read-ahead of the mount in KiB, needs root (0: the kernel's default)")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 20));
  command
      .add_option("--timeout", o.timeout_s,
                  "Seconds that the kernel keeps names and sizes; in a remote store at most "
                  "--revalidate")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e9));
  command
      .add_option("--revalidate", o.revalidate_s,
                  "Seconds between looks for changes of stored data (0: when it is loaded); unless "
                  "given, 10 for local files and 60 for remote stores")
      ->check(CLI::Range(0, 1 << 20));
  command
      .add_option("--max-regions", o.max_regions,
                  "Names of regions and of files below lenses that the kernel may remember, about "
                  "2 KB each")
      ->capture_default_str()
      ->check(CLI::Range(size_t{16}, size_t{1} << 30));
  command.add_flag("--nonempty", args.nonempty, "Mount although DIR has contents, hiding them");
  command.add_flag("--no-io-uring", args.no_io_uring, "Read local files with pread");
  command.add_flag("--auto-unmount", o.auto_unmount, "Unmount when the daemon dies");
  command.add_flag("--recover", args.recover, "Replace a dead mount at DIR (the default)");
  command.add_flag("--no-recover", args.no_recover, "Refuse when there is a dead mount at DIR");
  command.add_option("--log-file", args.log.file,
                     "Log here (default: the system log, with -f standard error)");
  command.add_option("--log-level", args.log.level, "debug, info, warning, error or off")
      ->capture_default_str();
  add_remote_args(command, o.store.remote);
}

Status apply_option_lists(const std::vector<std::string>& lists, MountArgs& args) {
  const std::vector<std::string> words = split_commas(lists);
  const bool sloppy = std::find(words.begin(), words.end(), "sloppy") != words.end();
  for (const std::string& word : words) {
    if (word == "remount") {
      return invalid_argument("-o remount is not supported; unmount, then mount with new options");
    }
    if (word == "nofail") args.nofail = true;
    if (is_generic(word)) continue;
    CLI::App parser;
    add_mount_args(parser, args);
    try {
      parser.parse(std::vector<std::string>{to_flag(word)});
    } catch (const CLI::ExtrasError&) {
      if (sloppy) continue;
      return invalid_argument("-o " + word + ": no such option; see neurofs mount --help");
    } catch (const CLI::ParseError& e) {
      return invalid_argument("-o " + word + ": " + e.what());
    }
  }
  return {};
}

Result<MountOptions> to_mount_options(const MountArgs& args) {
  MountOptions options = args.options;
  NF_ASSIGN(options.engine.ram_bytes, parse_bytes(args.ram));
  NF_ASSIGN(options.engine.prefetch_bytes, parse_bytes(args.prefetch));
  NF_ASSIGN(options.engine.gpu_bytes, parse_bytes(args.gpu_mem));
  NF_ASSIGN(options.cache.bytes, parse_bytes(args.cache_size));
  NF_ASSIGN(options.engine.gpu_ids, parse_gpu_ids(args.gpus));
  options.recover = !args.no_recover;
  options.store.use_io_uring = !args.no_io_uring;
  options.version = NEUROFS_VERSION;
  return options;
}

}  // namespace neurofs::tools
