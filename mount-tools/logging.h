// Where log lines of the program go: spdlog behind core's log seam.
//
// Thread-safety: set up once before threads start; logging itself from any thread.
// Errors: kInvalidArgument for an unknown level, kNotFound when the file's
// directory does not exist, kIoError when the file cannot be opened.
#pragma once

#include <string>

#include "core/base/status.h"

namespace neurofs::tools {

struct LogOptions {
  std::string file;            // empty: standard error, or the system log in the background
  std::string level = "info";  // debug, info, warning, error
  bool background = false;
};

Status set_up_logging(const LogOptions& options);

}  // namespace neurofs::tools
