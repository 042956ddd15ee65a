// neurofs write: puts an array into a region of a field, in pieces of bounded size.

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/engine/field.h"
#include "core/engine/field_writer.h"
#include "mount-tools/commands.h"
#include "mount-tools/place.h"
#include "mount-tools/remote_args.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

constexpr uint64_t kPieceBytes = uint64_t{128} << 20;

struct Options {
  std::string field;
  std::string region;
  std::string source;
  RemoteOptions remote;  // of both stores
};

struct Copy {
  std::shared_ptr<Field> source;
  FieldWriter& writer;
  const FieldSpec& target;
};

// Halves `from` and `to` along the first axis that can be, at a shard boundary of the target where
// there is one, so that no shard is rewritten twice.
struct Halves {
  Region from[2];
  Region to[2];
};

Index split_point(const AxisSlice& to, Index outer) {
  const Index half = to.count / 2;
  if (to.step != 1) return half;
  const Index boundary = (to.start + half) / outer * outer;
  return boundary > to.start ? boundary - to.start : half;
}

std::pair<AxisSlice, AxisSlice> split_axis(AxisSlice axis, Index at) {
  AxisSlice second = axis;
  second.start += at * axis.step;
  second.count -= at;
  axis.count = at;
  return {axis, second};
}

bool split(const Copy& copy, const Region& from, const Region& to, Halves& halves) {
  size_t source_axis = 0;
  for (size_t axis = 0; axis < to.axes.size(); ++axis) {
    if (to.axes[axis].drop) continue;
    if (to.axes[axis].count > 1) {
      const Index at = split_point(to.axes[axis], copy.target.outer_chunk_shape()[axis]);
      for (int i = 0; i < 2; ++i) {
        halves.from[i] = from;
        halves.to[i] = to;
      }
      std::tie(halves.from[0].axes[source_axis], halves.from[1].axes[source_axis]) =
          split_axis(from.axes[source_axis], at);
      std::tie(halves.to[0].axes[axis], halves.to[1].axes[axis]) = split_axis(to.axes[axis], at);
      return true;
    }
    ++source_axis;
  }
  return false;
}

Status copy_region(const Copy& copy, const Region& from, const Region& to) {
  const RegionReader reader(copy.source, from);
  Halves halves;
  if (reader.size() > kPieceBytes && split(copy, from, to, halves)) {
    NF_TRY(copy_region(copy, halves.from[0], halves.to[0]));
    return copy_region(copy, halves.from[1], halves.to[1]);
  }
  ByteVector bytes(reader.size());
  NF_TRY(reader.read(0, bytes, 1));
  return copy.writer.write(to, bytes);
}

Status check_match(const FieldSpec& source, const FieldSpec& target, const Region& region) {
  if (source.dtype != target.dtype) {
    return invalid_argument(
        fmt::format("the array holds {}, the field {}; convert it, with "
                    "numpy.ndarray.astype for one",
                    zarr_name(source.dtype), zarr_name(target.dtype)));
  }
  const Dims shape = region.result_shape();
  if (source.shape != shape) {
    return invalid_argument(fmt::format("the array has shape {}, the region {}",
                                        to_string(source.shape), to_string(shape)));
  }
  return {};
}

Status write_region(const Options& options, uint64_t* size) {
  NF_ASSIGN(const Source target, open_place(options.field, true, options.remote));
  NF_ASSIGN(const auto field, open_field_at(target));
  NF_ASSIGN(const Region region, parse_region(options.region, field->spec().shape));
  NF_ASSIGN(const Source place, open_place(options.source, false, options.remote));
  NF_ASSIGN(const auto stored, open_field_at(place));
  NF_TRY(check_match(stored->spec(), field->spec(), region));
  EngineOptions engine_options;
  engine_options.ram_bytes = 2 * kPieceBytes;
  NF_ASSIGN(const auto engine, Engine::create(engine_options));
  NF_ASSIGN(const auto source, engine->attach(stored));
  NF_ASSIGN(const auto writer, FieldWriter::open(field));
  *size = stored->spec().size();
  if (*size > 0) {
    const Copy copy{source, *writer, field->spec()};
    NF_TRY(copy_region(copy, whole_region(stored->spec().shape), region));
  }
  return writer->flush();
}

int run(const Options& options) {
  uint64_t size = 0;
  const Status status = write_region(options, &size);
  if (!status.ok()) return fail("write", status);
  fmt::print("wrote {} into {} of {}\n", format_bytes(size), options.region, options.field);
  return kExitOk;
}

}  // namespace

void add_write(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("write", "Put an array into a region of a field");
  command->add_option("FIELD", options->field, "The field")->required();
  command
      ->add_option("REGION", options->region,
                   "A slice as NumPy writes it, such as 0:100,5,::2; put -- before one that "
                   "begins with -")
      ->required();
  command->add_option("SRC", options->source, "A .npy file or another field of the same shape")
      ->required();
  add_remote_args(*command, options->remote, StoreUse::kWrites);
  command->footer(
      "The array must have the field's data type and the region's shape. Mounts show the new data "
      "when they next read it from the store or notice the change (mount --revalidate). A reader "
      "sees a chunk as it was or as it will be; only an uncompressed chunk in a shard is written "
      "in "
      "place, and who reads it at that very moment may see some of both.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace neurofs::tools
