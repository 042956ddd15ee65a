// neurofs region: names for slices, shown as symbolic links in regions/.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fs/named_regions.h"
#include "fs/path_grammar.h"
#include "mount-tools/commands.h"
#include "mount-tools/place.h"
#include "mount-tools/remote_args.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

constexpr size_t kMaxRegionName = kMaxName - 16;  // room for an extension

struct Options {
  std::string field;
  std::string name;
  std::string region;
  RemoteOptions remote;
  bool json = false;
};

// A field, where its names are kept, and the names.
struct Opened {
  Source place;
  std::shared_ptr<StoredField> field;
  std::string key;
  RegionNames names;
};

Result<Opened> open(const Options& options, bool writable) {
  Opened opened;
  NF_ASSIGN(opened.place, open_place(options.field, writable, options.remote));
  NF_ASSIGN(opened.field, open_field_at(opened.place));
  opened.key = named_regions_key(opened.field->spec(), opened.place.path);
  NF_ASSIGN(opened.names, load_region_names(*opened.place.store, opened.key));
  return opened;
}

Status save(const Opened& opened) {
  const std::string text = format_region_names(opened.names);
  return opened.place.store->put(opened.key, std::as_bytes(std::span(text)));
}

// A mount adds the extension of what the name stands for.
Status check_name(const std::string& name) {
  if (name.size() > kMaxRegionName) {
    return invalid_argument(fmt::format("the name has {} bytes; a name of a region has at most {}",
                                        name.size(), kMaxRegionName));
  }
  const auto file = parse_file_name(name);
  if (!file) return {};
  return invalid_argument(
      fmt::format("a name has no extension of a view, which the mount adds to "
                  "it: name it {}",
                  file->stem));
}

Status add_name(const Options& options) {
  NF_TRY(check_name(options.name));
  NF_ASSIGN(Opened opened, open(options, true));
  NF_TRY(add_region_name(&opened.names, options.name, options.region, opened.field->spec().shape));
  return save(opened);
}

Status remove_name(const Options& options) {
  NF_ASSIGN(Opened opened, open(options, true));
  NF_TRY(remove_region_name(&opened.names, options.name));
  return save(opened);
}

Status list_names(const Options& options) {
  NF_ASSIGN(const Opened opened, open(options, false));
  if (options.json) {
    fmt::print("{}\n", json_text(opened.names));
    return {};
  }
  for (const auto& [name, target] : opened.names) fmt::print("{:<20} {}\n", name, target);
  return {};
}

CLI::App* add_action(CLI::App& region, const std::string& name, const std::string& help,
                     const std::shared_ptr<Options>& options, Status (*run)(const Options&),
                     int& exit_code) {
  CLI::App* action = region.add_subcommand(name, help);
  action->add_option("FIELD", options->field, "Path or URL of the field, not of a mount")
      ->required();
  add_remote_args(*action, options->remote);
  action->callback([options, run, name, &exit_code] {
    const Status status = run(*options);
    exit_code = status.ok() ? kExitOk : fail("region " + name, status);
  });
  return action;
}

}  // namespace

void add_region(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* region = app.add_subcommand("region", "Name slices of a field");
  region->require_subcommand(1);
  CLI::App* add =
      add_action(*region, "add", "Name a region, or rename one", options, add_name, exit_code);
  add->add_option("NAME", options->name, "Such as v1")->required();
  add->add_option("REGION", options->region,
                  "Such as 0:100,5,::2 or 0:100,5,::2.raw; put -- before one that begins with -")
      ->required();
  CLI::App* remove =
      add_action(*region, "remove", "Forget a name", options, remove_name, exit_code);
  remove->alias("rm");
  remove->add_option("NAME", options->name, "The name")->required();
  CLI::App* list = add_action(*region, "list", "List the names", options, list_names, exit_code);
  list->add_flag("--json", options->json, "Print as JSON");
  region->footer(
      "Named regions are symbolic links in regions/: v1.npy -> 0:100,5,::2.npy. A mount shows a "
      "change after a second; they are kept in a file beside the field's metadata.");
}

}  // namespace neurofs::tools
