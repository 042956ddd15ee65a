#include "mount-tools/field_info.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/checked.h"
#include "core/field/field_lens.h"
#include "fs/number_text.h"
#include "mount-tools/disk_usage.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

using nlohmann::json;

std::string fill_text(const FieldSpec& spec) {
  std::string cell(text_width(spec.dtype), ' ');
  format_element(spec.dtype, spec.fill.data(), cell.data());
  return cell.substr(std::min(cell.find_first_not_of(' '), cell.size() - 1));
}

// Chunks or shards along each axis, and in all; the count of a large grid is given as a number of
// its own only where it fits.
json grid_of(const Dims& shape, const Dims& unit) {
  Dims grid;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    grid.push_back(ceil_div(shape[axis], unit[axis]));
  }
  const auto count = element_count(grid);
  return {{"shape", unit}, {"grid", grid}, {"count", count.ok() ? json(*count) : json(nullptr)}};
}

// "sharding_indexed(bytes, zstd)": the codecs inside a shard are what its chunks went through.
std::string codec_names(const json& codecs) {
  std::string names;
  for (const json& codec : codecs) {
    std::string name = codec.is_string() ? codec.get<std::string>() : codec.value("name", "?");
    const json inner = codec.is_object() ? codec.value("configuration", json()) : json();
    if (inner.is_object() && inner.contains("codecs")) {
      name += "(" + codec_names(inner["codecs"]) + ")";
    }
    names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "none" : names;
}

std::string joined(const json& numbers) {
  std::string text;
  for (const json& n : numbers) text += (text.empty() ? "" : ", ") + json_text(n, -1);
  return "(" + text + (numbers.size() == 1 ? ",)" : ")");
}

std::string grid_line(const json& grid) {
  const json& count = grid["count"];
  return fmt::format("{}, {} of them", joined(grid["shape"]),
                     count.is_null() ? "more than 2^63" : format_count(count.get<uint64_t>()));
}

}  // namespace

json field_info(const StoredField& field, const std::string& local_path) {
  const FieldSpec& spec = field.spec();
  json info{{"url", field.url()},
            {"format", spec.format},
            {"shape", spec.shape},
            {"dtype", zarr_name(spec.dtype)},
            {"size_bytes", spec.size()},
            {"neuron_axes", spec.neuron_axes},
            {"neuron_count", spec.neuron_count()},
            {"neuron_shape", spec.feature_shape()},
            {"neuron_bytes", spec.neuron_size()},
            {"fill_value", fill_text(spec)},
            {"chunks", grid_of(spec.shape, spec.chunk_shape)},
            {"codecs", spec.codecs_json},
            {"dimension_names", spec.dimension_names},
            {"attributes", spec.attributes}};
  if (const json* activation = find_neurofs_attribute(spec.attributes, "activation")) {
    const auto lens = activation_of(spec);
    info["activation"] = *activation;
    if (lens.ok()) info["shown_dtype"] = zarr_name(lens->result());
    if (!lens.ok()) info["activation_error"] = lens.status().message();
  }
  json shards = json::array();
  for (const ShardLevel& level : spec.shards) {
    shards.push_back(grid_of(spec.shape, level.shard_shape));
  }
  info["shards"] = shards;
  if (!local_path.empty()) {
    const DiskUsage usage = disk_usage(local_path);
    info["disk"] = {{"bytes", usage.bytes}, {"files", usage.files}, {"complete", usage.complete}};
  }
  return info;
}

std::string field_lines(const json& info) {
  std::string text =
      fmt::format("{} ({})\n", info["url"].get<std::string>(), info["format"].get<std::string>());
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<11} {}\n", name, value);
  };
  line("shape", joined(info["shape"]));
  line("dtype", info["dtype"].get<std::string>());
  if (info.contains("activation_error")) {
    line("activation",
         "cannot be mounted: " + printable(info["activation_error"].get<std::string>()));
  } else if (info.contains("activation")) {
    line("activation", fmt::format("{}, so that a mount shows {}; @raw/ there is what is stored",
                                   printable(info["activation"].get<std::string>()),
                                   info["shown_dtype"].get<std::string>()));
  }
  line("size", fmt::format("{} ({} bytes)", format_bytes(info["size_bytes"].get<uint64_t>()),
                           format_count(info["size_bytes"].get<uint64_t>())));
  if (!info["shape"].empty()) {  // a mount shows no neurons/ of a single element
    line("neurons",
         fmt::format("{}, each {} = {}", format_count(info["neuron_count"].get<uint64_t>()),
                     joined(info["neuron_shape"]),
                     format_bytes(info["neuron_bytes"].get<uint64_t>())));
  }
  line("chunks", grid_line(info["chunks"]));
  for (const json& level : info["shards"]) line("shards", grid_line(level));
  line("codecs", codec_names(info["codecs"]));
  line("fill value", info["fill_value"].get<std::string>());
  if (info.contains("disk")) {
    const json& disk = info["disk"];
    line("on disk",
         fmt::format("{}{} in {} file{}", disk["complete"].get<bool>() ? "" : "over ",
                     format_bytes(disk["bytes"].get<uint64_t>()),
                     format_count(disk["files"].get<uint64_t>()), disk["files"] == 1 ? "" : "s"));
  }
  if (!info["dimension_names"].empty()) line("axes", json_text(info["dimension_names"], -1));
  if (!info["attributes"].empty()) line("attributes", json_text(info["attributes"], -1));
  return text;
}

}  // namespace neurofs::tools
