// neurofs create: writes the metadata of a new, empty field.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "mount-tools/commands.h"
#include "mount-tools/destination.h"
#include "mount-tools/layout_options.h"
#include "mount-tools/place.h"
#include "mount-tools/remote_args.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string field;
  LayoutOptions layout;
  RemoteOptions remote;
  bool json = false;
};

// The directories that did not exist, deepest first: taken back when the field cannot be made.
Result<std::vector<fs::path>> make_directories(const fs::path& path) {
  std::vector<fs::path> made;
  std::error_code error;
  for (fs::path p = path; !p.empty() && !fs::exists(p, error); p = p.parent_path()) {
    made.push_back(p);
    if (p == p.parent_path()) break;
  }
  fs::create_directories(path, error);
  if (error) return io_error(fmt::format("cannot make {}: {}", path.string(), error.message()));
  return made;
}

Result<std::shared_ptr<StoredField>> create_at(const std::string& url, const CreateOptions& options,
                                               const RemoteOptions& remote) {
  std::vector<fs::path> made;
  // Refuse bad options before anything is made or removed.
  NF_TRY(make_zarr3_metadata(options));
  NF_TRY(options.overwrite ? clear_destination(url) : check_destination_free(url));
  if (const std::string local = local_path_of(url); !local.empty()) {
    NF_ASSIGN(made, make_directories(fs::absolute(local).lexically_normal()));
  }
  const auto create = [&]() -> Result<std::shared_ptr<StoredField>> {
    NF_ASSIGN(const Source place, open_place(url, true, remote));
    NF_TRY(create_field(*place.store, place.path, options));
    return open_field_at(place);
  };
  auto field = create();
  if (!field.ok()) {
    std::error_code ignored;
    for (const fs::path& p : made) fs::remove(p, ignored);  // only while empty
  }
  return field;
}

int run(const Options& options) {
  if (options.layout.shape.empty()) {
    return fail_usage("create",
                      invalid_argument("--shape is empty; a single element is --shape '()'"));
  }
  const auto create = make_create_options(options.layout);
  if (!create.ok()) return fail_usage("create", create.status());
  const auto start = std::chrono::steady_clock::now();
  const auto field = create_at(options.field, *create, options.remote);
  if (!field.ok()) {
    const bool exists = field.status().code() == Code::kExists && !create->overwrite;
    return fail("create", field.status(), exists ? "choose another place or pass --overwrite" : "");
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  const FieldSpec& spec = (*field)->spec();
  if (options.json) {
    fmt::print("{}\n", json_text({{"url", (*field)->url()},
                                  {"shape", spec.shape},
                                  {"dtype", zarr_name(spec.dtype)},
                                  {"size_bytes", spec.size()},
                                  {"milliseconds", took.count()}}));
    return kExitOk;
  }
  const std::string neurons =
      spec.shape.empty() ? ""
                         : fmt::format(" ({} neurons of {})",
                                       format_count(static_cast<uint64_t>(spec.neuron_count())),
                                       format_bytes(spec.neuron_size()));
  fmt::print("{}: {} {} = {}{}, created in {:.1f} ms\n", printable(options.field),
             to_string(spec.shape), zarr_name(spec.dtype), format_bytes(spec.size()), neurons,
             took.count());
  return kExitOk;
}

}  // namespace

void add_create(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("create", "Create an empty field");
  command->add_option("FIELD", options->field, "Where to create it")->required();
  command->add_option("--shape", options->layout.shape, "Elements per axis: 86000000000,1000")
      ->required();
  command
      ->add_option("--dtype", options->layout.dtype,
                   "bool, int8 to int64, uint8 to uint64, float16, bfloat16, float32, float64, "
                   "complex64, complex128, float8_e4m3fn, float8_e5m2")
      ->default_val("float32");
  add_layout_options(*command, options->layout);
  command->add_flag("--json", options->json, "Print what was made as JSON");
  add_remote_args(*command, options->remote, StoreUse::kWrites);
  command->footer(
      "Writes a Zarr v3 array. No data is written: a petabyte field takes a few kilobytes, and "
      "what was never written reads as the fill value.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
