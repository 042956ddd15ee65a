// Place: the store and the path within it that a FIELD argument names.
//
// Purpose: "/data/brain.zarr", "brain.npy" and URLs all become a store and a path. A single file
// lives in the store of its directory, so that its description and named regions are found beside
// it. Thread-safety: main thread. Errors: as open_store and open_stored_field, which name the
// place.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/field/stored_field.h"
#include "core/storage/object_store.h"

namespace neurofs::tools {

struct Place {
  std::shared_ptr<ObjectStore> store;
  std::string path;        // within the store, "" for its root
  std::string local_path;  // where the field is on a local file system, else empty
};

Result<Place> open_place(const std::string& url, bool writable);
Result<std::shared_ptr<StoredField>> open_field_at(const Place& place);

// The local path of a plain path or file:// URL; empty for other schemes.
std::string local_path_of(const std::string& url);

}  // namespace neurofs::tools
