// How a subcommand reports: errors on standard error, in one form.
//
// "neurofs COMMAND: what failed: why; what to do next". Bytes that a terminal must not see are
// escaped. Thread-safety: main thread only.
#pragma once

#include <string_view>

#include "core/base/status.h"

namespace neurofs::tools {

// Prints the message and returns the exit code for it: kExitUsage when the user's own argument is
// at fault (`usage`), else kExitFailed. `next` may be empty.
int fail(std::string_view command, const Status& status, std::string_view next = "");
int fail_usage(std::string_view command, const Status& status, std::string_view next = "");

// Log lines from warnings up go to standard error, until a subcommand sets up a log of its own.
void report_warnings();

}  // namespace neurofs::tools
