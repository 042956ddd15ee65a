// Small files that a user names: settings, passwords, tokens.
//
// Thread-safety: free function. Errors: kNotFound when there is none, kPermission, kIoError,
// kInvalidArgument for what is no regular file or longer than `limit`. Messages hold nothing of the content.
#pragma once

#include <string>

#include "core/base/result.h"

namespace neurofs {

struct SettingsFile {
  std::string text;
  bool open_to_others = false;  // its mode lets others read it: secrets ought to be 0600
};

Result<SettingsFile> read_settings_file(const std::string& path, size_t limit);

}  // namespace neurofs
