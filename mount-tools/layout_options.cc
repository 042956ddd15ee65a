#include "mount-tools/layout_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "mount-tools/codec_option.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

using nlohmann::json;

// JSON where it parses (5, true, "NaN" in quotes), else the text itself (NaN, 0x7fc00000).
json json_or_text(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json(text) : value;
}

Status add_attributes(const std::vector<std::string>& pairs, json& attributes) {
  for (const std::string& pair : pairs) {
    const size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return invalid_argument(fmt::format("--attr '{}' is not KEY=VALUE", pair));
    }
    attributes[pair.substr(0, equals)] = json_or_text(pair.substr(equals + 1));
  }
  return {};
}

Status parse_shape_option(std::string_view name, const std::string& text, Dims& dims) {
  if (text.empty()) return {};
  auto parsed = parse_dims(text);
  if (!parsed.ok()) return parsed.status().with_context(name);
  dims = *parsed;
  return {};
}

}  // namespace

void add_layout_options(CLI::App& command, LayoutOptions& options) {
  command.add_option("--chunks", options.chunks,
                     "Elements of one chunk, such as 256,1000 (default: about 1 MiB, feature axes "
                     "whole)");
  command.add_option("--shards", options.shards,
                     "Elements of one shard, a multiple of the chunk; equal to it: no shards "
                     "(default: about 1 GiB, with a compressing codec 64 MiB)");
  command.add_option("--codec", options.codec,
                     "none, zstd[:LEVEL], gzip[:LEVEL], blosc[:COMPRESSOR[:LEVEL]], crc32c, joined "
                     "by commas, or a JSON list of Zarr v3 codecs (default: none)");
  command.add_option("--fill", options.fill,
                     "Value of what was never written: a number, true, NaN, Infinity, or bits such "
                     "as 0x7fc00000 (default: 0)");
  command
      .add_option("--neuron-axes", options.neuron_axes,
                  "How many leading axes index neurons (default: all but the last)")
      ->check(CLI::Range(0, static_cast<int>(kMaxRank)));
  command.add_option("--activation", options.activation,
                     "Lens through which a mount shows the field, such as relu or gelu,f16; @raw/ "
                     "shows what is stored (default: none)");
  command.add_option("--names", options.dimension_names, "Names of the axes, joined by commas")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--attr", options.attributes, "KEY=VALUE attribute; VALUE may be JSON")
      ->allow_extra_args(false);
  command.add_flag("--overwrite", options.overwrite,
                   "Replace the field that is there, with all its data");
}

Result<CreateOptions> make_create_options(const LayoutOptions& options) {
  CreateOptions create;
  NF_TRY(parse_shape_option("--shape", options.shape, create.shape));
  NF_TRY(parse_shape_option("--chunks", options.chunks, create.chunk_shape));
  NF_TRY(parse_shape_option("--shards", options.shards, create.shard_shape));
  if (!options.dtype.empty()) {
    NF_ASSIGN(create.dtype, parse_data_type(options.dtype));
  }
  NF_ASSIGN(create.codecs, parse_codec_option(options.codec, create.dtype));
  if (!options.fill.empty()) create.fill_value = json_or_text(options.fill);
  if (create.dtype == DataType::kBool && options.fill.empty()) create.fill_value = false;
  create.dimension_names = options.dimension_names;
  NF_TRY(add_attributes(options.attributes, create.attributes));
  if (options.neuron_axes >= 0) create.attributes["neurofs.neuron_axes"] = options.neuron_axes;
  if (!options.activation.empty()) create.attributes["neurofs.activation"] = options.activation;
  create.overwrite = options.overwrite;
  return create;
}

}  // namespace neurofs::tools
