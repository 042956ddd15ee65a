// neurofs info: what a field or the fields of a group are.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "mount-tools/commands.h"
#include "mount-tools/field_info.h"
#include "mount-tools/place.h"
#include "mount-tools/remote_args.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

using nlohmann::json;

std::string join_path(const std::string& root, const std::string& path) {
  return root.empty() || path.empty() ? root : root + "/" + path;
}

int print_group(const Source& place, const Hierarchy& group, bool as_json) {
  json fields = json::array();
  int refused = 0;
  for (const HierarchyNode& node : group.nodes) {
    if (node.field) {
      fields.push_back(field_info(*node.field, join_path(place.local_path, node.path)));
    } else if (!node.is_group) {
      ++refused;
      fields.push_back({{"path", node.path}, {"error", node.status.message()}});
    }
  }
  if (as_json) {
    fmt::print("{}\n", json_text({{"group", place.store->url()}, {"fields", fields}}));
    return kExitOk;
  }
  fmt::print("group {} with {} fields{}\n", place.store->url(), fields.size() - refused,
             refused > 0 ? fmt::format(", {} that cannot be shown", refused) : "");
  for (const json& field : fields) {
    if (field.contains("error")) {
      fmt::print("{}: {}\n", printable(field["path"].get<std::string>()),
                 printable(field["error"].get<std::string>()));
    } else {
      fmt::print("{}", field_lines(field));
    }
  }
  return kExitOk;
}

struct Options {
  std::string field;
  RemoteOptions remote;
  bool json = false;
};

int run(const Options& options) {
  const auto place = open_place(options.field, false, options.remote);
  if (!place.ok()) return fail("info", place.status());
  const auto field = open_field_at(*place);
  if (!field.ok()) {
    const auto group = open_hierarchy(place->store, place->path, FieldOptions{});
    if (field.status().code() != Code::kNotFound || !group.ok()) {
      return fail("info", field.status());
    }
    return print_group(*place, *group, options.json);
  }
  const json info = field_info(**field, place->local_path);
  fmt::print("{}", options.json ? json_text(info) + "\n" : field_lines(info));
  return kExitOk;
}

}  // namespace

void add_info(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("info", "Describe a field or the fields of a group");
  command->add_option("FIELD", options->field, "Path or URL")->required();
  command->add_flag("--json", options->json, "Print as JSON");
  add_remote_args(*command, options->remote);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
