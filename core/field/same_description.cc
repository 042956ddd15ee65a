#include "core/field/same_description.h"

#include <algorithm>

namespace neurofs {
namespace {

bool same_level(const ShardLevel& a, const ShardLevel& b) {
  return a.shard_shape == b.shard_shape && a.chunks_per_shard == b.chunks_per_shard &&
         a.index_at_end == b.index_at_end && a.index_size == b.index_size;
}

bool same_layout(const FieldSpec& a, const FieldSpec& b) {
  return a.format == b.format && a.chunk_shape == b.chunk_shape && a.codecs_json == b.codecs_json &&
         std::ranges::equal(a.shards, b.shards, same_level) &&
         a.key_encoding.kind == b.key_encoding.kind &&
         a.key_encoding.separator == b.key_encoding.separator && a.object_key == b.object_key &&
         a.object_offset == b.object_offset;
}

}  // namespace

bool same_description(const FieldSpec& a, const FieldSpec& b) {
  return a.shape == b.shape && a.dtype == b.dtype && a.fill == b.fill && same_layout(a, b) &&
         a.neuron_axes == b.neuron_axes && a.dimension_names == b.dimension_names &&
         a.attributes == b.attributes;
}

}  // namespace neurofs
