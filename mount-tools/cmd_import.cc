// neurofs import: copies an array of any format into a new field.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/engine/importer.h"
#include "core/field/raw_description.h"
#include "core/field/zarr_field.h"
#include "mount-tools/commands.h"
#include "mount-tools/destination.h"
#include "mount-tools/interrupts.h"
#include "mount-tools/layout_options.h"
#include "mount-tools/place.h"
#include "mount-tools/progress_bar.h"
#include "mount-tools/remote_args.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Options {
  std::string source;
  std::string field;
  LayoutOptions layout;
  RemoteOptions remote;  // of both stores
  std::string memory;    // empty: what the threads need
  unsigned threads = 0;
  bool ignore_trailing = false;
  bool quiet = false;
};

// A raw file whose shape and type are said on the command line instead of in a file beside it.
Result<std::shared_ptr<StoredField>> open_raw(const Source& place, const Options& options) {
  const LayoutOptions& layout = options.layout;
  if (place.path.empty()) return invalid_argument("--shape and --dtype describe a raw file");
  NF_ASSIGN(const Dims shape, parse_dims(layout.shape));
  NF_ASSIGN(const ObjectInfo info, place.store->stat(place.path));
  auto parsed = parse_raw_description(
      {{"shape", shape}, {"dtype", layout.dtype}, {"trailing", "ignore"}}, info.size);
  if (!parsed.ok()) return parsed.status().with_context(place.local_path);
  FieldSpec spec = std::move(*parsed);
  if (const uint64_t left = trailing_bytes(spec, info.size); left > 0 && !options.ignore_trailing) {
    return invalid_argument(fmt::format(
        "{}: {} bytes are left over after shape {} of {}; is the shape right? If it is, pass "
        "--ignore-trailing",
        place.local_path, format_count(left), to_string(spec.shape), zarr_name(spec.dtype)));
  }
  spec.object_key = place.path;
  return make_stored_field(place.store, place.path, std::move(spec), FieldOptions{});
}

Result<std::shared_ptr<StoredField>> open_import_source(const Options& options) {
  NF_ASSIGN(const Source place, open_place(options.source, false, options.remote));
  if (options.layout.shape.empty() != options.layout.dtype.empty()) {
    return invalid_argument("a raw source needs both --shape and --dtype");
  }
  return options.layout.shape.empty() ? open_field_at(place) : open_raw(place, options);
}

// Shape and type are the source's; its names and attributes stay unless others were given.
Result<ImportOptions> make_import_options(const Options& options, const FieldSpec& source) {
  LayoutOptions layout = options.layout;
  layout.shape.clear();
  layout.dtype = std::string(zarr_name(source.dtype));
  ImportOptions job;
  NF_ASSIGN(job.create, make_create_options(layout));
  if (!options.memory.empty()) {
    NF_ASSIGN(job.memory_bytes, parse_bytes(options.memory));
  }
  job.threads = options.threads;
  job.keep_metadata = layout.fill.empty() && layout.dimension_names.empty();
  if (!job.keep_metadata) {
    json attributes = source.attributes;
    attributes.update(job.create.attributes);
    job.create.attributes = std::move(attributes);
    if (layout.dimension_names.empty()) job.create.dimension_names = source.dimension_names;
  }
  return job;
}

Result<Source> open_destination(const Options& options) {
  if (const std::string local = local_path_of(options.field); !local.empty()) {
    std::error_code error;
    fs::create_directories(local, error);
    if (error) return io_error(fmt::format("cannot make {}: {}", local, error.message()));
  }
  return open_place(options.field, true, options.remote);
}

Status import_into_place(const std::shared_ptr<StoredField>& source, const Options& options,
                         const ImportOptions& job) {
  NF_ASSIGN(const Source target, open_destination(options));
  return import_field(source, target.store, target.path, job);
}

// Whatever is in the way goes when it may be overwritten, except an equal import: that goes on. A
// store may keep open what it has seen, so the cleared place is opened anew.
Status import_or_overwrite(const std::shared_ptr<StoredField>& source, const Options& options,
                           const ImportOptions& job) {
  Status status = import_into_place(source, options, job);
  if (status.code() != Code::kExists || !options.layout.overwrite) return status;
  NF_TRY(clear_destination(options.field));
  return import_into_place(source, options, job);
}

void say_what_limits(const Options& options, const ImportProgress& progress) {
  if (progress.threads >= progress.threads_wanted) return;
  fmt::print(
      stderr,
      "neurofs import: {} of {} threads work: {} does not hold a shard for each; smaller "
      "--shards or more --memory help\n",
      progress.threads, progress.threads_wanted,
      options.memory.empty() ? "half of the machine's memory" : "--memory " + options.memory);
}

Status import_all(const Options& options) {
  NF_ASSIGN(const auto source, open_import_source(options));
  NF_ASSIGN(ImportOptions job, make_import_options(options, source->spec()));
  if (is_within(local_path_of(options.source), local_path_of(options.field))) {
    return invalid_argument("the source lies in the new field; choose another place for the field");
  }
  ProgressBar bar(!options.quiet && isatty(STDERR_FILENO) == 1);
  stop_at_signals();
  uint64_t resumed = 0;
  bool begun = false;
  job.progress = [&](const ImportProgress& progress) {
    if (!std::exchange(begun, true)) say_what_limits(options, progress);
    resumed = progress.resumed_bytes;
    bar.show(progress.done_bytes, progress.total_bytes, progress.resumed_bytes);
    return !interrupted();
  };
  const Status status = import_or_overwrite(source, options, job);
  bar.finish();
  NF_TRY(status);
  std::error_code ignored;  // only while empty
  fs::remove(fs::path(local_path_of(options.field)) / ".neurofs-import", ignored);
  fmt::print("{}: {} {} = {}, imported in {}{}\n", options.field, to_string(source->spec().shape),
             zarr_name(source->spec().dtype), format_bytes(source->spec().size()),
             format_seconds(bar.seconds()),
             resumed > 0
                 ? fmt::format(" ({} were there from an earlier run)", format_bytes(resumed))
                 : "");
  return {};
}

// What to do about a failure, where the message does not say it.
std::string next_step(const Options& options, const Status& status) {
  std::error_code ignored;
  if (status.code() == Code::kExists && !options.layout.overwrite) {
    return "or pass --overwrite to replace what is there";
  }
  if (status.code() == Code::kNotFound && options.layout.shape.empty() &&
      fs::is_regular_file(local_path_of(options.source), ignored)) {
    return "describe a raw file with --shape and --dtype";
  }
  return "";
}

int run(const Options& options) {
  const Status status = import_all(options);
  return status.ok() ? kExitOk : fail("import", status, next_step(options, status));
}

}  // namespace

void add_import(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("import", "Copy an array into a new field");
  command->add_option("SRC", options->source, "A .npy file, a raw file or a Zarr array")
      ->required();
  command->add_option("FIELD", options->field, "The new field")->required();
  command->add_option("--shape", options->layout.shape, "Shape of a raw source");
  command->add_option("--dtype", options->layout.dtype, "Data type of a raw source");
  command->add_flag("--ignore-trailing", options->ignore_trailing,
                    "Leave out what a raw source with --shape has after its last element");
  add_layout_options(*command, options->layout);
  command->add_option("--memory", options->memory,
                      "Memory to use, about (default: what the threads need, at least 512MiB, at "
                      "most half of the machine's)");
  command->add_option("--threads", options->threads, "Threads (0: one per CPU)")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  command->add_flag("-q,--quiet", options->quiet, "No progress bar");
  add_remote_args(*command, options->remote, StoreUse::kWrites);
  command->footer(
      "An import that was stopped or killed goes on when the same command is given again. The "
      "field can be opened only when it is whole.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
