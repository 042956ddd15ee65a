// errno to Status, for what a local file system refuses.
#pragma once

#include <string>

#include "core/base/status.h"

namespace neurofs {

// `doing` says what was tried ("reading 'c/0' bytes 0+4096 of file:///data"). Permission and
// read-only file systems keep their own codes, everything else is kIoError.
Status errno_status(int error, const std::string& doing);

}  // namespace neurofs
