// Source: what a user names to mount or read: a directory, a file, or a URL.
//
// Purpose: turn it into a store and the path inside it. A plain file (an .npy, a raw file) is the
// only object of interest in a store of its folder. Thread-safety: free functions. Errors: as
// open_store; messages name the source as given.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/storage/object_store.h"

namespace neurofs {

struct Source {
  std::shared_ptr<ObjectStore> store;
  std::string path;        // inside the store; "" for its root
  std::string local_path;  // absolute, without links; "" when it is not a local file or folder
};

Result<Source> open_source(const std::string& name, const StoreOptions& options);

}  // namespace neurofs
