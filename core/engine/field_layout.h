// FieldLayout: how a new field is cut into chunks and shards when nobody says.
//
// Purpose: DESIGN's default. A chunk keeps whole neurons where one has at most 16 MiB, grows by
// doubling its shortest neuron axis to about 1 MiB and a multiple of 4 KiB, and is never longer
// than the field. A shard grows likewise from chunks to about 1 GiB, or to 64 MiB of elements where
// chunks are compressed, since such a shard is rewritten whole. Pure; thread-safe. Units: elements;
// sizes in bytes. Errors: kInvalidArgument for given shapes that do not fit the field or each
// other.
#pragma once

#include "core/base/result.h"
#include "core/geometry/shape.h"

namespace neurofs {

struct LayoutRequest {
  Dims shape{};
  size_t neuron_axes = 0;
  size_t item_size = 1;
  bool compressed = false;
  Dims chunk_shape{};  // empty: to be chosen
  Dims shard_shape{};  // empty: to be chosen
};

struct FieldLayout {
  Dims chunk_shape;
  Dims shard_shape;  // equal to chunk_shape: chunks are objects
};

Result<FieldLayout> choose_layout(const LayoutRequest& request);

}  // namespace neurofs
