// neurofs stats: the counters of a mount, once or as a live table.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "mount-tools/commands.h"
#include "mount-tools/mount_table.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string directory;
  bool watch = false;
  bool json = false;
  double interval = 1.0;
  int count = 0;  // 0: for ever
};

std::string amount(const std::string& name, double value) {
  const auto whole = static_cast<uint64_t>(std::max(0.0, value));
  return name.find("_bytes") == std::string::npos ? format_count(whole) : format_bytes(whole);
}

void print_nvme(const json& nvme) {
  if (!nvme.is_object()) return;
  fmt::print("NVME {} of {} in {} entries, {}\n",
             format_bytes(nvme.value("used_bytes", uint64_t{0})),
             format_bytes(nvme.value("budget_bytes", uint64_t{0})),
             format_count(nvme.value("entries", uint64_t{0})),
             nvme.value("state", "") == "on" ? "on" : "off: " + nvme.value("reason", "?"));
}

void print_remote(const json& remote) {
  if (!remote.is_object()) return;
  const auto count = [&remote](const char* name) {
    return format_count(remote.value(name, uint64_t{0}));
  };
  const json ratio = remote.value("fetched_per_asked", json());
  fmt::print("NET  {} fetched for {} asked{}\n",
             format_bytes(remote.value("fetched_bytes", uint64_t{0})),
             format_bytes(remote.value("asked_bytes", uint64_t{0})),
             ratio.is_number() ? fmt::format(" ({:.2f} a byte)", ratio.get<double>()) : "");
  fmt::print("NET  {} requests, {} tried again, {} hedged ({} won), {} refused for load\n",
             count("requests"), count("retries"), count("hedges"), count("hedges_won"),
             count("refusals"));
}

void print_prefetch(const json& prefetch) {
  const json accuracy = prefetch.is_object() ? prefetch.value("accuracy", json()) : json();
  if (!accuracy.is_number()) return;
  fmt::print("READ AHEAD {:.1f} % was read: {} blocks, {} of them late; {} were evicted unread\n",
             accuracy.get<double>() * 100, prefetch.value("used_blocks", uint64_t{0}),
             prefetch.value("late_blocks", uint64_t{0}),
             prefetch.value("wasted_blocks", uint64_t{0}));
}

void print_summary(const json& stats) {
  const json ram = stats.value("ram", json::object());
  fmt::print("RAM  {} of {} (peak {}), policy {}, predictor {}\n",
             format_bytes(ram.value("used_bytes", uint64_t{0})),
             format_bytes(ram.value("budget_bytes", uint64_t{0})),
             format_bytes(ram.value("peak_bytes", uint64_t{0})), stats.value("policy", "?"),
             stats.value("predictor", "?"));
  const json gpu = stats.value("gpu", json());
  if (gpu.is_object()) {
    fmt::print("GPU  {} of {}, {}\n", format_bytes(gpu.value("used_bytes", uint64_t{0})),
               format_bytes(gpu.value("budget_bytes", uint64_t{0})),
               gpu.value("state", "") == "on" ? "on" : "off: " + gpu.value("reason", "?"));
    if (const json direct = gpu.value("direct", json()); direct.is_object()) {
      fmt::print("GPU  files read straight: {}\n", direct.value("state", "") == "on"
                                                       ? "on, " + direct.value("way", "?")
                                                       : "off: " + direct.value("reason", "?"));
    }
  }
  print_nvme(stats.value("nvme", json()));
  print_remote(stats.value("remote", json()));
  // items() refers to its object, so each needs a name.
  const json hits = stats.value("hit_rates", json::object());
  for (const auto& [tier, rate] : hits.items()) {
    if (rate.is_number()) fmt::print("HITS {:.1f} % in {}\n", rate.get<double>() * 100, tier);
  }
  print_prefetch(stats.value("prefetch", json()));
  const json io = stats.value("store", json::object()).value("io", json::object());
  for (const auto& [key, value] : io.items()) {
    fmt::print("IO   {}: {}\n", key,
               value.is_string() ? value.get<std::string>() : json_text(value, -1));
  }
}

// 79 columns: name 42, total 20, rate 15.
void print_table(const json& now, const json& before, double seconds) {
  fmt::print("{:<42} {:>20}{}\n", "COUNTER", "TOTAL", before.is_null() ? "" : "      PER SECOND");
  const json counters = now.value("counters", json::object());
  for (const auto& [name, value] : counters.items()) {
    std::string rate;
    if (!before.is_null() && seconds > 0) {
      const double old = before.value("counters", json::object()).value(name, 0.0);
      rate = fmt::format(" {:>15}", amount(name, (value.get<double>() - old) / seconds));
    }
    fmt::print("{:<42.42} {:>20}{}\n", name, amount(name, value.get<double>()), rate);
  }
}

int watch(const Options& options, json before) {
  const bool terminal = !options.json && isatty(STDOUT_FILENO) == 1;
  Clock::time_point then = Clock::now();
  for (int shown = 0; options.count == 0 || shown < options.count; ++shown) {
    std::this_thread::sleep_for(std::chrono::duration<double>(options.interval));
    auto now = read_control_file(options.directory, "stats.json");
    if (!now.ok()) return fail("stats", now.status());
    const std::chrono::duration<double> passed = Clock::now() - then;
    then = Clock::now();
    if (options.json) {
      fmt::print("{}\n", json_text(*now, -1));
      std::fflush(stdout);
      continue;
    }
    if (terminal) fmt::print("\033[H\033[2J");
    fmt::print("{}\n", options.directory);
    print_summary(*now);
    print_table(*now, before, passed.count());
    std::fflush(stdout);
    before = std::move(*now);
  }
  return kExitOk;
}

// The one mount there is, when no directory was given.
Result<std::string> choose_directory(const std::string& given) {
  if (!given.empty()) return absolute_directory(given);
  const auto mounts = neurofs_mounts();
  if (mounts.size() == 1) return mounts.front().directory;
  return invalid_argument(mounts.empty() ? "nothing is mounted"
                                         : "several fields are mounted; name the directory");
}

int run(Options options) {
  auto directory = choose_directory(options.directory);
  if (!directory.ok()) return fail("stats", directory.status(), "see: neurofs status");
  options.directory = *directory;
  auto stats = read_control_file(options.directory, "stats.json");
  if (!stats.ok()) return fail("stats", stats.status());
  if (options.watch) return watch(options, std::move(*stats));
  if (options.json) {
    fmt::print("{}\n", json_text(*stats));
    return kExitOk;
  }
  print_summary(*stats);
  print_table(*stats, nullptr, 0);
  return kExitOk;
}

}  // namespace

void add_stats(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("stats", "Show the counters of a mount");
  command->add_option("DIR", options->directory, "Where it is mounted (default: the only mount)");
  command->add_flag("--watch", options->watch, "Show a live table with rates, until Ctrl-C");
  command->add_option("--interval", options->interval, "Seconds between two tables")
      ->default_val(1.0)
      ->check(CLI::Range(0.05, 3600.0));
  command->add_option("--count", options->count, "Stop after so many tables (0: never)")
      ->default_val(0)
      ->check(CLI::Range(0, 1'000'000'000));
  command->add_flag("--json", options->json, "Print as JSON; with --watch one line a table");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
