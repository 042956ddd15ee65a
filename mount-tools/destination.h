// The place of a new field: refusing what is in the way, or clearing it when asked to overwrite.
//
// Purpose: `create` and `import` share it. What a field leaves behind (chunks without metadata, an
// unfinished import) would be read as data of the new one, so a new field begins in an empty place.
// Thread-safety: main thread. Stores that are not local are left to the store.
// Errors: kExists naming what is in the way and what to do; kInvalidArgument when clearing is not
// safe; kIoError of the file system.
#pragma once

#include <string>

#include "core/base/status.h"

namespace neurofs::tools {

// Ok when the place is absent or empty.
Status check_destination_free(const std::string& url);

// Removes the field or the unfinished import at `url`; refuses anything else, such as a group, and
// a field that another process is writing.
Status clear_destination(const std::string& url);

// "an import into it has not ended; ..." or empty: why there is no field at a place that has data.
std::string unfinished_import_hint(const std::string& url);

// True when `inner` is `outer` or lies below it, both local.
bool is_within(const std::string& inner, const std::string& outer);

}  // namespace neurofs::tools
