// LAYERS: base geometry lens codec storage field
//
// Shards: any bytes as the one shard of an array, with the index at either end, without a checksum
// so that every entry is reached, and nested. Whatever is located must lie inside the object.
#include <cstdlib>
#include <string>

#include "core/field/stored_field.h"
#include "core/storage/memory_store.h"

namespace {

using namespace neurofs;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string sharding(const std::string& chunk_shape, const std::string& codecs,
                     const std::string& location) {
  return R"({"name": "sharding_indexed", "configuration": {"chunk_shape": )" + chunk_shape +
         R"(, "codecs": [)" + codecs +
         R"(], "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
              "index_location": ")" +
         location + "\"}}";
}

void check(Bytes shard, const std::string& codecs) {
  const std::string metadata =
      R"({"zarr_format": 3, "node_type": "array", "shape": [4, 4], "data_type": "uint8",
          "fill_value": 0, "chunk_key_encoding": "default", "chunk_grid": {"name": "regular",
          "configuration": {"chunk_shape": [4, 4]}}, "codecs": [)" +
      codecs + "]}";
  const auto store = std::make_shared<MemoryStore>();
  store->plant("zarr.json", metadata);
  require(store->put("c/0/0", shard).ok());
  const auto field = open_stored_field(store, "", {});
  require(field.ok());
  std::vector<ChunkQuery> queries;
  const Dims& chunk = (*field)->spec().chunk_shape;
  for (Index y = 0; y < 4 / chunk[0]; ++y) {
    for (Index x = 0; x < 4 / chunk[1]; ++x) queries.push_back({{y, x}, {}});
  }
  (*field)->locate(queries);
  for (const ChunkQuery& query : queries) {
    const ChunkPlace& place = query.place;
    require((place.kind == ChunkPlace::Kind::kError) != place.status.ok());
    if (place.kind != ChunkPlace::Kind::kRange) continue;
    require(place.range.offset <= shard.size());
    require(place.range.length <= shard.size() - place.range.offset);
    require(place.range.length > 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes shard = std::as_bytes(std::span(data, size));
  const std::string gzip = R"("bytes", {"name": "gzip", "configuration": {"level": 1}})";
  for (const char* location : {"start", "end"}) {
    check(shard, sharding("[2, 2]", "\"bytes\"", location));
    check(shard, sharding("[2, 2]", gzip, location));
    check(shard, sharding("[2, 4]", sharding("[1, 2]", "\"bytes\"", "end"), location));
  }
  return 0;
}
