// neurofs cache: looks into a directory of --cache-dir, empties it, checks it.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/storage/disk_cache/cache_admin.h"
#include "mount-tools/cache_use.h"
#include "mount-tools/commands.h"
#include "mount-tools/interrupts.h"
#include "mount-tools/progress_bar.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

using nlohmann::json;

struct Options {
  std::string directory;
  bool json = false;
  bool quiet = false;
};

// The limit is the mounts', which may differ; null where none uses the directory.
json limit_of(const std::vector<CacheUser>& users) {
  uint64_t most = 0;
  for (const CacheUser& user : users) most = std::max(most, user.limit_bytes);
  return users.empty() ? json() : json(most);
}

json describe(const CacheStatus& status, const std::vector<CacheUser>& users) {
  json parts = json::array();
  uint64_t entries = 0;
  uint64_t segments = 0;
  uint64_t entry_bytes = 0;
  for (const CachePart& part : status.parts) {
    entries += part.entries;
    segments += part.segments;
    entry_bytes += part.entry_bytes;
    parts.push_back({{"number", part.number},
                     {"in_use", part.in_use},
                     {"disk_bytes", part.disk_bytes},
                     {"segments", part.segments},
                     {"entries", part.entries},
                     {"entry_bytes", part.entry_bytes}});
  }
  json mounts = json::array();
  for (const CacheUser& user : users) mounts.push_back(user.mountpoint);
  return {{"limit_bytes", limit_of(users)},
          {"disk_bytes", status.disk_bytes},
          {"free_bytes", status.free_bytes},
          {"entry_bytes", entry_bytes},
          {"entries", entries},
          {"segments", segments},
          {"mounts", mounts},
          {"parts", parts}};
}

std::string names_of(const std::vector<CacheUser>& users) {
  std::string names;
  for (const CacheUser& user : users) names += (names.empty() ? "" : ", ") + user.mountpoint;
  return names;
}

void print_status(const Options& options, const json& all, const std::vector<CacheUser>& users) {
  fmt::print("{}: {} on disk", printable(options.directory),
             format_bytes(all["disk_bytes"].get<uint64_t>()));
  if (all["limit_bytes"].is_number()) {
    fmt::print(" of {}", format_bytes(all["limit_bytes"].get<uint64_t>()));
  }
  fmt::print(", {} entries of {} in {} segments; {} free on the disk\n",
             format_count(all["entries"].get<uint64_t>()),
             format_bytes(all["entry_bytes"].get<uint64_t>()),
             format_count(all["segments"].get<uint64_t>()),
             format_bytes(all["free_bytes"].get<uint64_t>()));
  fmt::print("{}\n", users.empty() ? "no mount uses it; its limit is --cache-size of the next one"
                                   : "used by " + printable(names_of(users)));
  fmt::print("{:>4} {:>10} {:>10} {:>14}  {}\n", "PART", "ON DISK", "SEGMENTS", "ENTRIES", "STATE");
  for (const json& part : all["parts"]) {
    fmt::print("{:>4} {:>10} {:>10} {:>14}  {}\n", part["number"].get<unsigned>(),
               format_bytes(part["disk_bytes"].get<uint64_t>()),
               format_count(part["segments"].get<uint64_t>()),
               format_count(part["entries"].get<uint64_t>()),
               part["in_use"].get<bool>() ? "in use" : "free");
  }
}

int run_status(const Options& options) {
  const auto status = cache_status(options.directory);
  if (!status.ok()) return fail("cache status", status.status());
  const auto users = cache_users(options.directory);
  const json all = describe(*status, users);
  if (options.json) {
    fmt::print("{}\n", json_text(all));
  } else {
    print_status(options, all, users);
  }
  return kExitOk;
}

int run_clear(const Options& options) {
  const auto freed = cache_clear(options.directory);
  if (!freed.ok()) {
    const auto users = cache_users(options.directory);
    return fail("cache clear", freed.status(),
                users.empty() ? "" : "nothing was removed; it is used by " + names_of(users));
  }
  if (options.json) {
    fmt::print("{}\n", json_text({{"freed_bytes", *freed}}));
  } else {
    fmt::print("{}: {} freed\n", printable(options.directory), format_bytes(*freed));
  }
  return kExitOk;
}

std::string verdict(const CacheVerified& counts) {
  const uint64_t wrong = counts.bad + counts.unreadable;
  std::string text = fmt::format("{} entries of {} checked", format_count(counts.entries),
                                 format_bytes(counts.bytes));
  if (wrong == 0) return text + ": all are right";
  text += fmt::format(": {} bad, {} unreadable; {} dropped", format_count(counts.bad),
                      format_count(counts.unreadable), format_count(counts.dropped));
  if (counts.dropped < wrong) text += "; a mount drops the others when it reads them";
  return text;
}

int run_verify(const Options& options) {
  ProgressBar bar(!options.quiet && isatty(STDERR_FILENO) == 1);
  stop_at_signals();
  const auto counts = cache_verify(options.directory, [&bar](uint64_t done, uint64_t all) {
    bar.show(done, all, 0);
    return !interrupted();
  });
  bar.finish();
  if (!counts.ok()) return fail("cache verify", counts.status());
  const bool right = counts->bad + counts->unreadable == 0;
  if (options.json) {
    fmt::print("{}\n", json_text({{"entries", counts->entries},
                                  {"bytes", counts->bytes},
                                  {"bad", counts->bad},
                                  {"unreadable", counts->unreadable},
                                  {"dropped", counts->dropped}}));
  } else {
    fmt::print("{}: {}\n", printable(options.directory), verdict(*counts));
  }
  return right ? kExitOk : kExitFailed;
}

CLI::App* add_action(CLI::App& cache, const std::string& name, const std::string& help,
                     const std::shared_ptr<Options>& options, int (*run)(const Options&),
                     int& exit_code) {
  CLI::App* action = cache.add_subcommand(name, help);
  action->add_option("DIR", options->directory, "A directory of --cache-dir")->required();
  action->add_flag("--json", options->json, "Print as JSON");
  action->callback([options, run, &exit_code] { exit_code = run(*options); });
  return action;
}

}  // namespace

void add_cache(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* cache = app.add_subcommand("cache", "Look after a cache directory");
  cache->require_subcommand(1);
  add_action(*cache, "status", "Show what it holds and who uses it", options, run_status,
             exit_code);
  add_action(*cache, "clear", "Free all of it; refused while a mount uses it", options, run_clear,
             exit_code);
  CLI::App* verify = add_action(*cache, "verify", "Read every entry and drop those that are bad",
                                options, run_verify, exit_code);
  verify->add_flag("-q,--quiet", options->quiet, "No progress bar");
  verify->footer(
      "The exit status is 1 when an entry was bad. What a mount uses is read, but left to the "
      "mount, "
      "which drops a bad entry when it reads it and fetches it again.");
  cache->footer(
      "Mounts need none of this: every entry is checked when it is read, and the oldest leave when "
      "--cache-size is reached.");
}

}  // namespace neurofs::tools
