// AwsConfig: what ~/.aws/config and ~/.aws/credentials say of one profile.
//
// Purpose: the values of a profile, by the names that AWS gives them ("region", "aws_access_key_id").
// Plain values; any thread. A nested value ("s3 =" and "  endpoint_url = ..." below) is "s3.endpoint_url".
// Bounds: 1 MiB a file. Errors: kPermission and kIoError for a file that is there and cannot be read,
// kInvalidArgument for one that is no such file; they name the file and the line, never a value.
// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace neurofs {

// The value of an environment variable, "" when it is not set. A function, so that tests have their own.
using Environment = std::function<std::string(const char* name)>;
std::string system_environment(const char* name);

using AwsSection = std::map<std::string, std::string, std::less<>>;

// Sections by their header, without "profile ": "default", "services local". `name`: for messages.
Result<std::map<std::string, AwsSection, std::less<>>> parse_aws_ini(std::string_view text,
                                                                     std::string_view name);

struct AwsConfig {
  std::string profile;
  bool found = false;  // the profile is in one of the files at least
  AwsSection values;   // of both files; those of the credentials file hold

  // "" when it is not there.
  std::string value(std::string_view name) const;
};

struct AwsConfigFiles {
  std::string config;       // AWS_CONFIG_FILE, ~/.aws/config
  std::string credentials;  // AWS_SHARED_CREDENTIALS_FILE, ~/.aws/credentials
  // A text that differs once one of the files was changed, made or removed.
  std::string version() const;
};

AwsConfigFiles aws_config_files(const Environment& environment);

// `profile`: "" for AWS_PROFILE, "default". Files that are missing are empty.
Result<AwsConfig> load_aws_config(const AwsConfigFiles& files, const Environment& environment,
                                  std::string_view profile);

}  // namespace neurofs
