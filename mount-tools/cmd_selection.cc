// neurofs selection: lists of neurons that are stored with a field, shown as @take=NAME.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "fs/stored_selections.h"
#include "mount-tools/commands.h"
#include "mount-tools/place.h"
#include "mount-tools/remote_args.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

constexpr std::string_view kExtension = ".npy";
constexpr size_t kMostListed = 1000;

struct Options {
  std::string field;
  std::string name;
  std::string file;
  RemoteOptions remote;
  bool json = false;
};

// A field, and where its selections are kept.
struct Opened {
  Source place;
  std::shared_ptr<StoredField> field;
  std::string prefix;

  std::string key(const std::string& name) const { return prefix + name + std::string(kExtension); }
};

Result<Opened> open(const Options& options, bool writable) {
  Opened opened;
  NF_ASSIGN(opened.place, open_place(options.field, writable, options.remote));
  NF_ASSIGN(opened.field, open_field_at(opened.place));
  opened.prefix = selections_prefix(opened.field->spec(), opened.place.path);
  return opened;
}

Status check_name(const std::string& name) {
  if (is_selection_name(name)) return {};
  return invalid_argument("\"" + printable(name) +
                          "\" cannot name a selection: use a letter, then letters, digits, _ - .");
}

Result<ByteVector> read_local(const std::string& path) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error) return Status(Code::kNotFound, printable(path) + ": " + error.message());
  if (size > kMostSelectionBytes) {
    return invalid_argument(fmt::format(
        "{} has {}; a selection of {} neurons, the most, has at most {}", printable(path),
        format_bytes(size), NeuronOrder::kMostTaken, format_bytes(kMostSelectionBytes)));
  }
  ByteVector bytes(size);
  std::ifstream in(path, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
    return io_error(printable(path) + " cannot be read");
  }
  return bytes;
}

Status add_selection(const Options& options) {
  NF_TRY(check_name(options.name));
  NF_ASSIGN(const Opened opened, open(options, true));
  NF_ASSIGN(const ByteVector bytes, read_local(options.file));
  const auto selection = parse_selection(bytes, opened.field->spec().neuron_count());
  if (!selection.ok()) return selection.status().with_context(printable(options.file));
  NF_TRY(opened.place.store->put(opened.key(options.name), bytes));
  fmt::print("@take={} shows {} of {} neurons\n", options.name, (*selection)->rows.size(),
             opened.field->spec().neuron_count());
  return {};
}

Status remove_selection(const Options& options) {
  NF_TRY(check_name(options.name));
  NF_ASSIGN(const Opened opened, open(options, true));
  NF_ASSIGN(const ObjectInfo info, opened.place.store->stat(opened.key(options.name)));
  if (!info.exists) return not_found("the field has no selection \"" + options.name + "\"");
  return opened.place.store->remove(opened.key(options.name));
}

Status list_selections(const Options& options) {
  NF_ASSIGN(const Opened opened, open(options, false));
  const std::string directory = opened.prefix.substr(0, opened.prefix.size() - 1);
  NF_ASSIGN(auto entries, opened.place.store->list(directory, kMostListed + 1));
  if (entries.size() > kMostListed) {
    entries.resize(kMostListed);
    fmt::print(stderr,
               "neurofs selection: warning: more than {} files are in {}; listed up to {}\n",
               kMostListed, printable(directory), printable(entries.back().name));
  }
  std::vector<std::string> names;
  for (const ListEntry& entry : entries) {
    if (entry.is_prefix || !entry.name.ends_with(kExtension)) continue;
    names.push_back(entry.name.substr(0, entry.name.size() - kExtension.size()));
    if (!is_selection_name(names.back())) names.pop_back();
  }
  if (options.json) {
    fmt::print("{}\n", json_text(names));
  } else {
    for (const std::string& name : names) fmt::print("{}\n", name);
  }
  return {};
}

CLI::App* add_action(CLI::App& selection, const std::string& name, const std::string& help,
                     const std::shared_ptr<Options>& options, Status (*run)(const Options&),
                     int& exit_code) {
  CLI::App* action = selection.add_subcommand(name, help);
  action->add_option("FIELD", options->field, "Path or URL of the field, not of a mount")
      ->required();
  add_remote_args(*action, options->remote);
  action->callback([options, run, name, &exit_code] {
    const Status status = run(*options);
    exit_code = status.ok() ? kExitOk : fail("selection " + name, status);
  });
  return action;
}

}  // namespace

void add_selection(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* selection = app.add_subcommand("selection", "Store lists of neurons with a field");
  selection->require_subcommand(1);
  CLI::App* add = add_action(*selection, "add", "Store a list, or another in its place", options,
                             add_selection, exit_code);
  add->add_option("NAME", options->name, "Such as train")->required();
  add->add_option("FILE", options->file,
                  "A .npy file: integers along one axis, the neurons by number in C order")
      ->required();
  CLI::App* remove =
      add_action(*selection, "remove", "Forget a list", options, remove_selection, exit_code);
  remove->alias("rm");
  remove->add_option("NAME", options->name, "The name")->required();
  CLI::App* list =
      add_action(*selection, "list", "List the names", options, list_selections, exit_code);
  list->add_flag("--json", options->json, "Print as JSON");
  selection->footer(
      "A mount shows the neurons of a list, in its order and as often as they stand there, in the "
      "directory @take=NAME of the field. Lists are kept in .neurofs-selections beside the field's "
      "metadata; a mount shows a change after a second, to who opens files anew.");
}

}  // namespace neurofs::tools
