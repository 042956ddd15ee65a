#include "tests/field/field_testing.h"

#include "core/geometry/box.h"
#include "core/geometry/strided_copy.h"

namespace neurofs::testing {

namespace {

using nlohmann::json;

Result<ByteVector> read_place(StoredField& field, const ChunkPlace& place) {
  if (place.kind == ChunkPlace::Kind::kWholeObject) {
    return read_all(field.store(), place.key, uint64_t{1} << 30);
  }
  ByteVector bytes(place.range.length);
  const MutableBytes dest(bytes);
  ReadOp op;
  op.key = place.key;
  op.range = place.range;
  op.dests = {&dest, 1};
  field.store().read({&op, 1});
  if (op.outcome == ReadOp::Outcome::kError) return op.status;
  if (op.outcome != ReadOp::Outcome::kData) return io_error("chunk vanished");
  return bytes;
}

// The strides of the stored chunk, by array axis.
Dims stored_strides(const FieldSpec& spec) {
  const Dims& axes = spec.codecs.stored_axes();
  Dims shape;
  for (const Index axis : axes) shape.push_back(spec.chunk_shape[static_cast<size_t>(axis)]);
  const Dims stored = c_order_strides(shape, static_cast<Index>(item_size(spec.dtype)));
  Dims strides(axes.size());
  for (size_t i = 0; i < axes.size(); ++i) strides[static_cast<size_t>(axes[i])] = stored[i];
  return strides;
}

Status copy_chunk(StoredField& field, const ChunkQuery& query, ByteVector* out) {
  const FieldSpec& spec = field.spec();
  if (query.place.kind == ChunkPlace::Kind::kError) return query.place.status;
  Box chunk{{}, spec.chunk_shape};
  for (size_t i = 0; i < query.chunk.size(); ++i) {
    chunk.lo.push_back(query.chunk[i] * spec.chunk_shape[i]);
  }
  const Box whole{Dims(spec.shape.size(), 0), spec.shape};
  const Box part = intersect(chunk, whole);
  const size_t item = item_size(spec.dtype);
  const Dims strides = c_order_strides(spec.shape, static_cast<Index>(item));
  Index at = 0;
  for (size_t i = 0; i < part.lo.size(); ++i) at += part.lo[i] * strides[i];
  bool missing = query.place.kind == ChunkPlace::Kind::kMissing;
  ByteVector decoded(spec.codecs.decoded_size());
  if (!missing) {
    const auto bytes = read_place(field, query.place);
    missing = bytes.status().code() == Code::kNotFound;
    if (!missing) {
      NF_TRY(bytes);
      NF_TRY(spec.codecs.decode(*bytes, decoded));
    }
  }
  const Dims none(spec.shape.size(), 0);
  strided_copy(out->data() + at, strides, missing ? spec.fill.data() : decoded.data(),
               missing ? none : stored_strides(spec), part.shape, item);
  return {};
}

}  // namespace

json small_zarr3() {
  return json::parse(R"({"zarr_format": 3, "node_type": "array", "shape": [4, 6],
    "data_type": "int32", "fill_value": 7,
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]})");
}

json small_sharded(const std::vector<int>& inner, const std::string& location) {
  json document = small_zarr3();
  document["chunk_grid"]["configuration"]["chunk_shape"] = {4, 6};
  const json little = {{"name", "bytes"}, {"configuration", {{"endian", "little"}}}};
  document["codecs"] =
      json::array({{{"name", "sharding_indexed"},
                    {"configuration",
                     {{"chunk_shape", inner},
                      {"codecs", json::array({little})},
                      {"index_codecs", json::array({little, {{"name", "crc32c"}}})},
                      {"index_location", location}}}}});
  return document;
}

std::shared_ptr<MemoryStore> store_with(std::string_view key, std::string_view text) {
  auto store = std::make_shared<MemoryStore>();
  store->plant(key, text);
  return store;
}

Result<ByteVector> read_dense(StoredField& field) {
  const FieldSpec& spec = field.spec();
  ByteVector out(spec.size());
  std::vector<ChunkQuery> queries;
  Dims grid;
  for (size_t i = 0; i < spec.shape.size(); ++i) {
    grid.push_back((spec.shape[i] + spec.chunk_shape[i] - 1) / spec.chunk_shape[i]);
  }
  NF_ASSIGN(const Index count, element_count(grid));
  const Dims strides = c_order_strides(grid);
  for (Index n = 0; n < count; ++n) {
    ChunkQuery query;
    for (size_t i = 0; i < grid.size(); ++i) query.chunk.push_back(n / strides[i] % grid[i]);
    queries.push_back(query);
  }
  field.locate(queries);
  for (const ChunkQuery& query : queries) NF_TRY(copy_chunk(field, query, &out));
  return out;
}

}  // namespace neurofs::testing
