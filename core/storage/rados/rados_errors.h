// What librados' error numbers mean. Pure; any thread.
#pragma once

#include <string>

#include "core/storage/remote/transport.h"

namespace neurofs {

// `error` is negative, as librados returns it; `doing` says what was tried, on what.
// ERANGE and EOVERFLOW are what assert_version answers. ENOENT is kMissing: the caller knows whether the pool
// is there still.
RemoteAnswer::Kind rados_error_kind(int error);
Status rados_error(int error, const std::string& doing);

}  // namespace neurofs
