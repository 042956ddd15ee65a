// The one table from Code to errno.
//
// Purpose: every failure that reaches an application passes here, so that the meaning of an errno
// is written once. Pure; thread-safe. The resource errors of the daemon itself (EMFILE, ENOSPC)
// have no row: they must never reach the application.
#pragma once

#include "core/base/status.h"

namespace neurofs {

// A positive errno; 0 for kOk.
int to_errno(Code code);
inline int to_errno(const Status& status) {
  return to_errno(status.code());
}

}  // namespace neurofs
