// FieldSpec: what a field is, whatever format it is stored in.
//
// Purpose: Zarr v3, Zarr v2, .npy and raw files all reduce to this one description, so that nothing
// above core/field knows a format. Produced by the parsers in this folder.
// Thread-safety: immutable once made. Units: shapes in elements, sizes in bytes.
// Errors: parsers refuse with the file, the member and what to do (kUnsupported, kInvalidArgument,
// kOverflow); see RELIABILITY R1-R5 for the rules.
// Sources: Zarr v3 core specification; Zarr v2 specification; sharding codec; NumPy NEP 1.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/codec/codec_chain.h"
#include "core/geometry/data_type.h"
#include "core/geometry/shape.h"

namespace neurofs {

// One level of `sharding_indexed`: an object (or an inner shard) that holds a regular grid of
// smaller chunks and an index of their places.
struct ShardLevel {
  Dims shard_shape;       // elements covered by one shard of this level
  Dims chunks_per_shard;  // the grid of next-level chunks within it
  bool index_at_end = true;
  CodecChain index_codecs;  // of a (chunks_per_shard..., 2) uint64 array
  uint64_t index_size = 0;  // encoded bytes of the index, fixed
};

// How the object key of an outermost chunk (a shard when there are levels) is spelled.
struct KeyEncoding {
  enum class Kind : uint8_t { kZarr3Default, kZarr2, kSingleObject };
  Kind kind = Kind::kZarr3Default;
  char separator = '/';
};

struct FieldSpec {
  std::string format;  // "zarr3", "zarr2", "npy", "raw": for people
  Dims shape;
  DataType dtype = DataType::kFloat32;
  Dims chunk_shape;                // the unit that is encoded: the innermost chunk
  std::vector<ShardLevel> shards;  // outermost first; empty when chunks are objects
  CodecChain codecs;               // of one chunk of chunk_shape
  nlohmann::json codecs_json;      // as written, for `info`
  ByteVector fill;                 // one element, native byte order
  KeyEncoding key_encoding;
  std::string object_key;                    // kSingleObject: the one object
  uint64_t object_offset = 0;                // kSingleObject: where the elements begin
  ByteVector object_head;                    // kSingleObject: bytes at its start that described it
  std::string object_version;                // kSingleObject: ObjectInfo::version at that moment
  size_t neuron_axes = 0;                    // leading axes that index neurons
  std::vector<std::string> dimension_names;  // empty, or one per axis ("" where null)
  nlohmann::json attributes = nlohmann::json::object();

  // Elements of one object's chunk: shard_shape of the outermost level, else chunk_shape.
  const Dims& outer_chunk_shape() const {
    return shards.empty() ? chunk_shape : shards.front().shard_shape;
  }
  Dims neuron_shape() const { return {shape.begin(), shape.begin() + neuron_axes}; }
  Dims feature_shape() const { return {shape.begin() + neuron_axes, shape.end()}; }
  // Neurons in the field: 1 for rank 0. Checked when the spec is made.
  Index neuron_count() const;
  // Bytes of one neuron's activation.
  uint64_t neuron_size() const;
  // Bytes of the whole field; 2^63 - 1 at most, checked when the spec is made.
  uint64_t size() const;
};

// The attribute `neurofs.NAME`, spelled with the dot or as a member of the object "neurofs"; else null.
const nlohmann::json* find_neurofs_attribute(const nlohmann::json& attributes,
                                             std::string_view name);

// The default number of neuron axes: all but the last, or the attribute `neurofs.neuron_axes`
// (a number, or under the object "neurofs"). kInvalidArgument when it passes the rank.
Result<size_t> neuron_axes_of(const Dims& shape, const nlohmann::json& attributes);

}  // namespace neurofs
