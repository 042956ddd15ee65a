// neurofs plugins: what this build can read, keep and show.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "mount-tools/commands.h"
#include "mount-tools/plugin_list.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

int run(bool as_json) {
  const std::vector<PluginKind> kinds = list_plugins();
  if (as_json) {
    nlohmann::json document = nlohmann::json::object();
    for (const PluginKind& kind : kinds) {
      auto& list = document[kind.kind] = nlohmann::json::object();
      for (const auto& [name, plugin] : kind.plugins) {
        list[name] = {{"description", plugin.description}, {"options", plugin.options}};
      }
    }
    fmt::print("{}\n", json_text(document));
    return kExitOk;
  }
  for (const PluginKind& kind : kinds) {
    fmt::print("{} ({})\n", kind.kind, kind.used_by);
    for (const auto& [name, plugin] : kind.plugins) {
      fmt::print("  {:<17} {}\n", name, plugin.description);
      if (!plugin.options.empty()) fmt::print("  {:<17}   options: {}\n", "", plugin.options);
    }
  }
  return kExitOk;
}

}  // namespace

void add_plugins(CLI::App& app, int& exit_code) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("plugins",
                                         "List stores, codecs, data types, policies, predictors, "
                                         "views, the steps of lenses, and orders");
  command->add_flag("--json", *as_json, "Print as JSON");
  command->callback([as_json, &exit_code] { exit_code = run(*as_json); });
}

}  // namespace neurofs::tools
