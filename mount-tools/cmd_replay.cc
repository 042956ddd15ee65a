// neurofs replay: recorded reads through the predictors and eviction policies of a mount, under a
// cost model instead of a clock, so that the figures are the same on every machine.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/engine/replay.h"
#include "mount-tools/commands.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

using nlohmann::json;

struct Options {
  std::vector<std::string> traces;
  ReplayOptions replay;
  bool json = false;
};

json to_json(const std::string& name, const ReplayResult& r, bool timing) {
  json one = {{"trace", name},
              {"blocks", r.with.blocks},
              {"misses", r.with.misses},
              {"misses_without", r.without.misses},
              {"miss_ratio", r.miss_ratio()},
              {"prefetches", r.with.started},
              {"prefetches_used", r.with.used},
              {"prefetches_late", r.with.late},
              {"prefetches_dropped", r.with.dropped},
              {"coverage", r.coverage()},
              {"accuracy", r.accuracy()},
              {"timeliness", r.timeliness()},
              {"waste", r.waste()},
              {"stall", r.stall()},
              {"state_bytes", r.state_bytes}};
  if (timing) one["predictor_ns_per_read"] = r.nanoseconds;
  return one;
}

// 79 columns without the time.
void print_heading(bool timing) {
  fmt::print("{:<20} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}{}\n", "TRACE", "MISSES",
             "RATIO", "COVER", "ACCUR", "TIMELY", "WASTE", "STALL", "STATE",
             timing ? "  ns/READ" : "");
}

void print_row(const std::string& name, const ReplayResult& r, bool timing) {
  const std::string shown = printable(name.substr(name.rfind('/') + 1));
  fmt::print("{:<20.20} {:>9} {:>6.3f} {:>6.3f} {:>6.3f} {:>6.3f} {:>6.3f} {:>6.3f} {:>5}K", shown,
             r.with.misses, r.miss_ratio(), r.coverage(), r.accuracy(), r.timeliness(), r.waste(),
             r.stall(), (r.state_bytes + 1023) / 1024);
  fmt::print("{}\n", timing ? fmt::format(" {:>8.0f}", r.nanoseconds) : "");
}

int run(const Options& options) {
  json all = json::array();
  if (!options.json) print_heading(options.replay.timing);
  for (const std::string& name : options.traces) {
    const auto trace = read_trace(name);
    if (!trace.ok()) return fail("replay", trace.status(), "see: neurofs replay --help");
    const auto result = replay(*trace, options.replay);
    if (!result.ok()) return fail_usage("replay", result.status());
    if (options.json) {
      all.push_back(to_json(name, *result, options.replay.timing));
    } else {
      print_row(name, *result, options.replay.timing);
    }
  }
  if (options.json) fmt::print("{}\n", json_text(all));
  return kExitOk;
}

}  // namespace

void add_replay(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  ReplayOptions& replay = options->replay;
  CLI::App* command = app.add_subcommand(
      "replay", "Run recorded reads through a predictor and an eviction policy, on a cost model");
  command
      ->add_option(
          "TRACE", options->traces,
          "Files of lines 'handle,block[,count]', after a line '# grid 64 64 64' that says "
          "how many blocks lie along each axis; or of lines with a block number each")
      ->required();
  command->add_option("--predictor", replay.predictor, "What is fetched ahead: see plugins, none")
      ->default_val(replay.predictor);
  command->add_option("--policy", replay.policy, "Which block leaves the cache: see plugins")
      ->default_val(replay.policy);
  command->add_option("--cache-blocks", replay.cache_blocks, "Blocks that the cache holds")
      ->default_val(replay.cache_blocks);
  command->add_option("--latency", replay.latency, "Ticks that a block takes to arrive")
      ->default_val(replay.latency);
  command->add_option("--bandwidth", replay.bandwidth, "Transfers that may start in a tick")
      ->default_val(replay.bandwidth);
  command->add_option("--queue", replay.queue, "Most blocks that wait to be fetched ahead")
      ->default_val(replay.queue);
  command->add_flag("--timing", replay.timing,
                    "Measure the predictor's time for a read: the one figure that varies");
  command->add_flag("--json", options->json, "Print as JSON");
  command->footer(
      "A reader takes one tick between two reads and waits for each. Coverage: misses avoided, as "
      "a "
      "share of those without prediction. Accuracy: blocks fetched ahead that were read. Timely: "
      "of "
      "these, those that were there. Waste: blocks fetched in vain per miss without prediction. "
      "Stall: waiting that is left, as a share of the waiting without prediction.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
