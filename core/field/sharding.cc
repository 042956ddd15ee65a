#include "core/field/sharding.h"

#include <nlohmann/json.hpp>

#include "core/base/checked.h"
#include "core/codec/codec_entry.h"
#include "core/field/json_member.h"
#include "core/field/spec_checks.h"

namespace neurofs {

namespace {

using nlohmann::json;

// Larger indexes would take longer to read than the chunks behind them.
constexpr uint64_t kMaxIndexBytes = uint64_t{1} << 28;

Status set_grid(const Dims& shard_shape, const Dims& chunk_shape, ShardLevel* level) {
  if (chunk_shape.size() != shard_shape.size()) {
    return invalid_argument("sharding_indexed: chunk_shape " + to_string(chunk_shape) +
                            " has another number of axes than the shard " + to_string(shard_shape));
  }
  level->shard_shape = shard_shape;
  for (size_t axis = 0; axis < shard_shape.size(); ++axis) {
    if (shard_shape[axis] % chunk_shape[axis] != 0) {
      return invalid_argument("sharding_indexed: chunk_shape " + to_string(chunk_shape) +
                              " does not divide the shard " + to_string(shard_shape));
    }
    level->chunks_per_shard.push_back(shard_shape[axis] / chunk_shape[axis]);
  }
  return {};
}

// The index has one axis more than the array, which may be one too many for Dims. Its axes only
// matter to a transpose, which nobody puts there, so it is read as a list of pairs.
Status set_index(const json& codecs, ShardLevel* level) {
  NF_ASSIGN(const Index chunks, element_count(level->chunks_per_shard));
  if (static_cast<uint64_t>(chunks) > kMaxIndexBytes / 16) {
    return unsupported("sharding_indexed: " + std::to_string(chunks) +
                       " chunks in a shard make an index of more than 256 MiB");
  }
  for (size_t i = 0; codecs.is_array() && i < codecs.size(); ++i) {
    NF_ASSIGN(const CodecEntry entry, parse_codec_entry(codecs[i], i));
    if (entry.name == "transpose" || entry.name == "sharding_indexed") {
      return unsupported("sharding_indexed: index_codecs with " + entry.name);
    }
  }
  auto chain = CodecChain::parse(codecs, {{chunks, 2}, DataType::kUint64, ByteVector(8)});
  if (!chain.ok()) return chain.status().with_context("sharding_indexed: index_codecs");
  level->index_codecs = std::move(chain).value();
  level->index_size = level->index_codecs.fixed_encoded_size();
  if (level->index_size == 0) {
    return invalid_argument(
        "sharding_indexed: index_codecs give an index whose size depends on its contents, so that "
        "no reader could find it; use bytes and crc32c");
  }
  return {};
}

// The configuration, when `codecs` is exactly one sharding_indexed.
Result<const json*> sole_sharding(const json& codecs) {
  if (!codecs.is_array() || codecs.size() != 1) return nullptr;
  NF_ASSIGN(const CodecEntry entry, parse_codec_entry(codecs[0], 0));
  return entry.name == "sharding_indexed" ? entry.configuration : nullptr;
}

}  // namespace

Result<ShardingConfig> parse_sharding(const json& configuration, const Dims& shard_shape) {
  if (!configuration.is_object()) {
    return invalid_argument("sharding_indexed has no configuration object");
  }
  NF_TRY(refuse_unknown_members(configuration,
                                {"chunk_shape", "codecs", "index_codecs", "index_location"})
             .with_context("sharding_indexed"));
  ShardingConfig config;
  NF_ASSIGN(const json* chunk_shape, require(configuration, "chunk_shape"));
  NF_ASSIGN(config.chunk_shape, read_dims(*chunk_shape, "sharding_indexed: chunk_shape", 1));
  NF_TRY(set_grid(shard_shape, config.chunk_shape, &config.level));
  NF_ASSIGN(config.codecs, require(configuration, "codecs"));
  NF_ASSIGN(const json* index_codecs, require(configuration, "index_codecs"));
  const auto location = configuration.find("index_location");
  if (location != configuration.end()) {
    if (*location != "start" && *location != "end") {
      return wrong_member("sharding_indexed: index_location", *location, "\"start\" or \"end\"");
    }
    config.level.index_at_end = *location == "end";
  }
  NF_TRY(set_index(*index_codecs, &config.level));
  return config;
}

Status set_codecs_and_shards(const json& codecs, FieldSpec* spec) {
  const json* list = &codecs;
  while (true) {
    NF_ASSIGN(const json* configuration, sole_sharding(*list));
    if (!configuration) break;
    NF_ASSIGN(ShardingConfig config, parse_sharding(*configuration, spec->chunk_shape));
    spec->shards.push_back(std::move(config.level));
    spec->chunk_shape = config.chunk_shape;
    list = config.codecs;
  }
  return set_codecs(*list, spec);
}

}  // namespace neurofs
