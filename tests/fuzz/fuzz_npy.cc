// LAYERS: base geometry lens codec storage field
//
// .npy files: any bytes as a file. Whatever opens must lie inside the file.
#include <cstdlib>

#include "core/field/stored_field.h"
#include "core/storage/memory_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto store = std::make_shared<neurofs::MemoryStore>();
  if (!store->put("x.npy", std::as_bytes(std::span(data, size))).ok()) std::abort();
  const auto field = neurofs::open_stored_field(store, "x.npy", {});
  if (!field.ok()) return 0;
  const neurofs::FieldSpec& spec = (*field)->spec();
  if (spec.object_offset > size || spec.size() > size - spec.object_offset) std::abort();
  return 0;
}
