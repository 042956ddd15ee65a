// errno to Status, for what a local file system refuses.
#pragma once

#include <string>

#include "core/base/status.h"

namespace neurofs {

// `doing` says what was tried ("reading 'c/0' bytes 0+4096 of file:///data"). Permission and
// read-only file systems keep their own codes, everything else is kIoError.
Status errno_status(int error, const std::string& doing);

// The process or the system has no descriptor left: passes when others close theirs.
bool out_of_descriptors(int error);

}  // namespace neurofs
