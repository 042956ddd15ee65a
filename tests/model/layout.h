// Layout: how one random field is stored, and its metadata in Zarr's own words.
//
// Purpose: the input of both writers (ours and the tiny one) and the text shown when a case fails.
// Thread-safety: plain values.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/geometry/data_type.h"
#include "core/geometry/shape.h"
#include "tests/model/random_source.h"

namespace neurofs::model {

struct ShardLayout {
  Dims shape;  // elements of one shard
  bool index_at_end = true;
  bool index_big_endian = false;
  bool index_checksum = true;
};

struct Layout {
  bool zarr2 = false;
  Dims shape;
  DataType dtype = DataType::kUint8;
  Dims chunk;                       // innermost
  std::vector<ShardLayout> shards;  // outermost first
  Dims stored_axes;                 // of the transpose; identity when there is none
  bool big_endian = false;
  std::string compressor;  // "", "gzip" or "zstd"
  bool checksum = false;   // crc32c after the compressor (Zarr v3)
  char separator = '/';
  bool version2_keys = false;  // Zarr v3 with the v2 chunk key encoding
  ByteVector fill;             // one element, little-endian
  nlohmann::json fill_json;

  const Dims& outer_chunk() const { return shards.empty() ? chunk : shards.front().shape; }
  // The "codecs" of one innermost chunk (Zarr v3).
  nlohmann::json chunk_codecs() const;
  // zarr.json or .zarray.
  nlohmann::json metadata() const;
};

// A field of at most some 20,000 elements; about one in ten has an empty axis, ranks are 0 to 5
// mostly.
Layout random_layout(Random& random);

}  // namespace neurofs::model
