// LAYERS: base geometry lens codec storage field
//
// Metadata documents: any text as zarr.json, .zarray, .zmetadata and as a raw file's description.
// Whatever opens must have sizes that are consistent and locate its first and last chunk.
#include <cstdlib>
#include <string_view>

#include "core/base/log.h"
#include "core/field/hierarchy.h"
#include "core/storage/memory_store.h"

namespace {

using namespace neurofs;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(StoredField& field) {
  const FieldSpec& spec = field.spec();
  require(spec.shape.size() == spec.chunk_shape.size());
  require(spec.fill.size() == item_size(spec.dtype));
  require(spec.neuron_axes <= spec.shape.size());
  require(spec.size() <= uint64_t{1} << 63);
  if (spec.size() == 0) return;
  require(spec.neuron_size() * static_cast<uint64_t>(spec.neuron_count()) == spec.size());
  ChunkQuery queries[2];
  for (size_t i = 0; i < spec.shape.size(); ++i) {
    queries[0].chunk.push_back(0);
    queries[1].chunk.push_back((spec.shape[i] - 1) / spec.chunk_shape[i]);
  }
  field.locate(queries);
  for (const ChunkQuery& query : queries) require(query.place.status.ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool quiet = (set_log_sink([](LogLevel, std::string_view) {}), true);
  require(quiet);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto store = std::make_shared<MemoryStore>();
  store->plant("v3/zarr.json", text);
  store->plant("v2/.zarray", text);
  store->plant("attrs/.zarray", R"({"zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "<i4",
      "order": "C", "compressor": null, "filters": null, "fill_value": 0})");
  store->plant("attrs/.zattrs", text);
  store->plant("consolidated/.zgroup", R"({"zarr_format": 2})");
  store->plant("consolidated/.zmetadata", text);
  store->plant("raw", "0123456789abcdef");
  store->plant("raw.json", text);
  for (const char* path : {"v3", "v2", "attrs", "consolidated", "raw"}) {
    const auto hierarchy = open_hierarchy(store, path, {});
    if (!hierarchy.ok()) continue;
    for (const HierarchyNode& node : hierarchy->nodes) {
      if (node.field) check(*node.field);
    }
  }
  return 0;
}
