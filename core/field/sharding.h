// Sharding: the configuration of one `sharding_indexed` codec.
//
// Purpose: shared by the two ways of reading shards: FieldSpec::shards (any inner chunk alone) and
// the codec of the same name (a whole shard at once, where other codecs stand beside it).
// Pure; thread-safe. Errors: kInvalidArgument and kUnsupported naming the member; the index must
// have a size that does not depend on its contents, else nobody could find it. Source: Zarr v3
// sharding codec, "Configuration parameters".
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/field/field_spec.h"

namespace neurofs {

struct ShardingConfig {
  ShardLevel level;
  Dims chunk_shape;              // of the chunks inside
  const nlohmann::json* codecs;  // of the chunks inside; borrowed from the configuration
};

// `shard_shape`: elements of one shard.
Result<ShardingConfig> parse_sharding(const nlohmann::json& configuration, const Dims& shard_shape);

// Peels levels off `codecs` while they are a list of exactly one `sharding_indexed`: fills
// spec->shards, chunk_shape and codecs. On entry chunk_shape is that of the outermost chunks.
Status set_codecs_and_shards(const nlohmann::json& codecs, FieldSpec* spec);

}  // namespace neurofs
