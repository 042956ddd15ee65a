#include "core/storage/s3/aws_config.h"

#include <sys/stat.h>

#include <cstdlib>
#include <iterator>

#include "core/base/trim.h"
#include "core/storage/key.h"
#include "core/storage/settings_file.h"

namespace neurofs {
namespace {

constexpr std::string_view kBlank = " \t\r";
constexpr size_t kFileLimit = size_t{1} << 20;

// "key = value # why": a comment needs a blank before it, as secrets may hold '#'.
std::string_view without_comment(std::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    const bool mark = text[i] == '#' || text[i] == ';';
    if (mark && kBlank.find(text[i - 1]) != std::string_view::npos) return text.substr(0, i);
  }
  return text;
}

std::string section_name(std::string_view header) {
  constexpr std::string_view kProfile = "profile";
  header = trim(header);
  const bool is_profile = header.starts_with(kProfile) && header.size() > kProfile.size() &&
                          kBlank.find(header[kProfile.size()]) != std::string_view::npos;
  return std::string(is_profile ? trim(header.substr(kProfile.size())) : header);
}

class IniParser {
 public:
  explicit IniParser(std::string_view name) : name_(name) {}

  Status line(std::string_view line, size_t number) {
    const std::string_view text = trim(without_comment(line));
    if (text.empty() || text[0] == '#' || text[0] == ';') return {};
    if (text[0] == '[') return header(text, number);
    const size_t equals = text.find('=');
    const bool nested = kBlank.find(line[0]) != std::string_view::npos && !parent_.empty();
    if (equals == std::string_view::npos || trim(text.substr(0, equals)).empty()) {
      return nested ? Status() : bad(number, "is neither \"[section]\" nor \"name = value\"");
    }
    if (section_ == nullptr) return bad(number, "stands before the first \"[section]\"");
    std::string key(trim(text.substr(0, equals)));
    const std::string_view value = trim(text.substr(equals + 1));
    if (nested) {
      key.insert(0, parent_ + ".");
    } else {
      parent_ = value.empty() ? key : "";
    }
    (*section_)[key] = value;
    return {};
  }

  std::map<std::string, AwsSection, std::less<>> take() { return std::move(sections_); }

 private:
  Status header(std::string_view text, size_t number) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return bad(number, "has no closing ']'");
    section_ = &sections_[section_name(text.substr(1, end - 1))];
    parent_.clear();
    return {};
  }
  Status bad(size_t number, const char* why) const {
    return invalid_argument(std::string(name_) + ": line " + std::to_string(number) + " " + why);
  }

  const std::string_view name_;
  std::map<std::string, AwsSection, std::less<>> sections_;
  AwsSection* section_ = nullptr;
  std::string parent_;  // the name whose nested values may follow
};

// Empty where there is none.
Result<std::string> read_file(const std::string& path) {
  auto file = read_settings_file(path, kFileLimit);
  if (file.ok()) return std::move(file->text);
  if (file.status().code() == Code::kNotFound) return std::string();
  return file.status();
}

std::string version_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return "-";
  std::string text;
  for (const auto part :
       {static_cast<int64_t>(info.st_ino), static_cast<int64_t>(info.st_size),
        static_cast<int64_t>(info.st_mtim.tv_sec), static_cast<int64_t>(info.st_mtim.tv_nsec),
        static_cast<int64_t>(info.st_ctim.tv_nsec)}) {
    text += std::to_string(part) + ".";
  }
  return text;
}

}  // namespace

std::string system_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::map<std::string, AwsSection, std::less<>>> parse_aws_ini(std::string_view text,
                                                                     std::string_view name) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  IniParser parser(name);
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    NF_TRY(parser.line(line, number));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return parser.take();
}

std::string AwsConfig::value(std::string_view name) const {
  const auto it = values.find(name);
  return it == values.end() ? "" : it->second;
}

std::string AwsConfigFiles::version() const {
  return version_of(config) + "/" + version_of(credentials);
}

AwsConfigFiles aws_config_files(const Environment& environment) {
  const std::string home = environment("HOME");
  const auto place = [&](const char* variable, const char* usual) {
    std::string path = environment(variable);
    if (path.starts_with("~/")) path.replace(0, 1, home);
    return path.empty() ? home + usual : path;
  };
  return {place("AWS_CONFIG_FILE", "/.aws/config"),
          place("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials")};
}

Result<AwsConfig> load_aws_config(const AwsConfigFiles& files, const Environment& environment,
                                  std::string_view profile) {
  AwsConfig config;
  config.profile = profile.empty() ? environment("AWS_PROFILE") : profile;
  if (config.profile.empty()) config.profile = "default";
  for (const std::string& path : {files.config, files.credentials}) {
    NF_ASSIGN(const std::string text, read_file(path));
    NF_ASSIGN(const auto sections, parse_aws_ini(text, path));
    const auto it = sections.find(config.profile);
    if (it == sections.end()) continue;
    config.found = true;
    for (const auto& [name, value] : it->second) config.values[name] = value;
    const auto services = sections.find("services " + config.value("services"));
    if (services == sections.end()) continue;
    for (const auto& [name, value] : services->second) config.values.emplace(name, value);
  }
  if (config.found || config.profile == "default") return config;
  return invalid_argument("the profile " + quote_key(config.profile) + " is neither in " +
                          files.config + " nor in " + files.credentials +
                          "; name another by --profile or AWS_PROFILE");
}

}  // namespace neurofs
