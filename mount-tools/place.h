// Opening the field that a FIELD argument names.
//
// Purpose: what every subcommand that looks at a field does first. Thread-safety: main thread.
// Errors: as open_source and open_stored_field, which name the place.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/field/stored_field.h"
#include "fs/source.h"

namespace neurofs::tools {

Result<Source> open_place(const std::string& url, bool writable, const RemoteOptions& remote);
Result<std::shared_ptr<StoredField>> open_field_at(const Source& place);

// The local path of a plain path or file:// URL, whether or not it exists; empty for other schemes.
std::string local_path_of(const std::string& url);

}  // namespace neurofs::tools
