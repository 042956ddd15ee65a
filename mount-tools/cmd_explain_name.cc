// neurofs explain-name: what a path in a mount means, or why it is not a name there.
//
// Where the field comes from: the path lies in a mount (its .neurofs/field.json tells), or begins with a
// stored field, or --dtype and --shape describe one.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/field/spec_checks.h"
#include "fs/explain_name.h"
#include "mount-tools/commands.h"
#include "mount-tools/mount_table.h"
#include "mount-tools/place.h"
#include "mount-tools/remote_args.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

using nlohmann::json;

struct Options {
  std::string path;
  std::string dtype;
  std::string shape;
  int neuron_axes = -1;
  RemoteOptions remote;
  bool json = false;
};

// A field, and the path below its directory.
struct NamedField {
  std::string where;  // for people
  FieldSpec spec;
  std::string rest;
};

// Only what names depend on.
Result<FieldSpec> spec_of(Dims shape, DataType dtype, json attributes) {
  FieldSpec spec;
  NF_TRY(check_byte_count(shape, dtype));
  spec.shape = std::move(shape);
  spec.dtype = dtype;
  spec.fill.resize(item_size(dtype));
  spec.attributes = std::move(attributes);
  NF_ASSIGN(spec.neuron_axes, neuron_axes_of(spec.shape, spec.attributes));
  return spec;
}

Result<NamedField> described_field(const Options& options) {
  json attributes = json::object();
  if (options.neuron_axes >= 0) attributes["neurofs.neuron_axes"] = options.neuron_axes;
  NF_ASSIGN(const DataType dtype,
            parse_data_type(options.dtype.empty() ? "float32" : options.dtype));
  NF_ASSIGN(const Dims shape, parse_dims(options.shape.empty() ? "()" : options.shape));
  NF_ASSIGN(FieldSpec spec, spec_of(shape, dtype, std::move(attributes)));
  return NamedField{"a field of " + std::string(zarr_name(dtype)), std::move(spec), options.path};
}

Result<FieldSpec> mounted_spec(const json& document) {
  try {
    NF_ASSIGN(const DataType dtype,
              parse_data_type(document.at("stored_dtype").get<std::string>()));
    const auto extents = document.at("shape").get<std::vector<Index>>();
    if (extents.size() > kMaxRank) return corrupt("field.json has too many axes");
    return spec_of(Dims(extents.begin(), extents.end()), dtype, document.at("attributes"));
  } catch (const json::exception& e) {
    return corrupt(std::string("field.json of the mount is of another version: ") + e.what());
  }
}

std::string below(const std::string& path, size_t length) {
  return path.size() > length ? path.substr(length + 1) : std::string();
}

// The field's directory is the first from the mount point on that has a field.json.
Result<NamedField> mounted_field(const std::string& path, const std::string& mountpoint) {
  size_t end = mountpoint.size();
  for (;;) {
    const std::string directory = path.substr(0, end);
    const auto document = read_control_file(directory, "field.json");
    if (document.ok()) {
      NF_ASSIGN(FieldSpec spec, mounted_spec(*document));
      return NamedField{directory, std::move(spec), below(path, end)};
    }
    if (document.status().code() != Code::kNotFound) return document.status();
    if (end == path.size()) break;
    end = std::min(path.find('/', end + 1), path.size());
  }
  return not_found(printable(path) + " is in the mount at " + printable(mountpoint) +
                   ", but in none of its fields: `neurofs info` lists the fields of a group");
}

// The longest beginning of the path that is a stored field.
Result<NamedField> stored_field(const std::string& path, const RemoteOptions& remote) {
  for (size_t end = path.size(); end > 0 && end != std::string::npos;) {
    const std::string prefix = path.substr(0, end);
    if (const auto place = open_place(prefix, false, remote); place.ok()) {
      const auto field = open_field_at(*place);
      if (field.ok()) {
        const FieldSpec& spec = (*field)->spec();
        return NamedField{(*field)->url(), spec, below(path, end)};
      }
      if (field.status().code() != Code::kNotFound) return field.status();
    }
    end = path.rfind('/', end - 1);
  }
  return not_found(printable(path) +
                   " is in no mount of NeuroFS and begins with no stored field; name one, or "
                   "describe one with --dtype and --shape");
}

Result<NamedField> find_field(const Options& options) {
  if (!options.dtype.empty() || !options.shape.empty()) return described_field(options);
  if (options.path.find("://") != std::string::npos)
    return stored_field(options.path, options.remote);
  std::string path = std::filesystem::absolute(options.path).lexically_normal().string();
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  const auto mount = mount_holding(path);
  return mount ? mounted_field(path, mount->directory) : stored_field(path, options.remote);
}

void print_text(const NamedField& field, const NameExplanation& explanation) {
  fmt::print("{}: {} of shape {}\n", printable(field.where), zarr_name(field.spec.dtype),
             to_string(field.spec.shape));
  for (const NamePart& part : explanation.parts) {
    fmt::print("  {}\n      {}{}\n", printable(part.name),
               part.ok ? part.kind + ": " : std::string("no such name: "), printable(part.meaning));
    for (const LensStepText& step : part.steps) {
      fmt::print("        {:<16} {}; gives {}\n", printable(step.step), step.meaning, step.dtype);
    }
  }
}

int run(const Options& options) {
  const auto field = find_field(options);
  if (!field.ok()) return fail("explain-name", field.status());
  const NameExplanation explanation = explain_name(field->spec, field->rest);
  if (options.json) {
    json document = to_json(explanation);
    document["field"] = field->where;
    document["stored_dtype"] = zarr_name(field->spec.dtype);
    document["shape"] = field->spec.shape;
    fmt::print("{}\n", json_text(document));
  } else {
    print_text(*field, explanation);
  }
  return explanation.ok ? kExitOk : kExitFailed;
}

}  // namespace

void add_explain_name(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "explain-name", "Say what each part of a name means, or why it is not one");
  command
      ->add_option("NAME", options->path,
                   "A path in a mount or below a stored field; with --dtype or --shape, a name "
                   "below a field's directory: '@relu,f16/neurons/7.npy'")
      ->required();
  command->add_option("--dtype", options->dtype,
                      "Explain for a field of this type, without a mount or a store");
  command->add_option("--shape", options->shape,
                      "Elements per axis of that field: 86000000000,1000");
  command
      ->add_option("--neuron-axes", options->neuron_axes,
                   "How many of its leading axes index neurons (default: all but the last)")
      ->check(CLI::Range(0, static_cast<int>(kMaxRank)));
  command->add_flag("--json", options->json, "Print as JSON");
  add_remote_args(*command, options->remote);
  command->footer("The exit status is 1 when the name is not one.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
