#include "core/storage/s3/aws_credentials.h"

#include "core/base/log.h"
#include "core/storage/key.h"

namespace neurofs {
namespace {

constexpr std::chrono::minutes kBeforeExpiry{5};
constexpr std::chrono::seconds kAfterFailure{30};
// Requests that were signed with the old keys may still be under way for so long; shorter than the
// retries of a read, so that new keys which are wrong are told of as refused.
constexpr std::chrono::seconds kUnderWay{2};
constexpr std::chrono::seconds kBetweenLooks{10};
constexpr std::chrono::seconds kBetweenFileLooks{1};
constexpr std::chrono::milliseconds kBetweenRefusedLooks{100};
// Long enough that an endpoint that is down does not make each read wait for it.
constexpr std::chrono::system_clock::duration kAfterHiccup = std::chrono::seconds(5);

// Of an endpoint that did not answer this time, or a reader that went away.
bool may_pass(const Status& status) {
  return status.code() == Code::kInterrupted || status.code() == Code::kTimeout ||
         status.code() == Code::kIoError;
}

Result<std::optional<FoundKeys>> look_in_environment(const Environment& environment) {
  FoundKeys found;
  found.keys = {environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                environment("AWS_SESSION_TOKEN")};
  if (found.keys.access_key_id.empty() && found.keys.secret_access_key.empty()) {
    return std::optional<FoundKeys>();
  }
  if (found.keys.access_key_id.empty() || found.keys.secret_access_key.empty()) {
    return Status(Code::kPermission,
                  "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set; set both");
  }
  found.source = "the environment";
  return std::optional(std::move(found));
}

// Ways to get keys that a profile may name and that are not followed here.
Status refuse_other_ways(const AwsConfig& config, const std::string& path) {
  for (const char* name : {"role_arn", "credential_process", "sso_session", "sso_start_url",
                           "web_identity_token_file", "login_session"}) {
    if (config.value(name).empty()) continue;
    return Status(
        Code::kPermission,
        path + " [" + config.profile + "]: " + name +
            " is not supported; run `eval \"$(aws configure export-credentials --profile " +
            config.profile + " --format env)\"` first, or give the profile keys");
  }
  return {};
}

// What goes into a header must be one line of visible characters.
Status check_keys(const FoundKeys& found) {
  for (const std::string* text : {&found.keys.access_key_id, &found.keys.session_token}) {
    for (const char c : *text) {
      if (c > 0x20 && c < 0x7f) continue;
      return Status(Code::kPermission,
                    "the access key or session token from " + found.source +
                        " has characters that no key has; look for blanks or line ends in it");
    }
  }
  return {};
}

}  // namespace

Result<std::optional<FoundKeys>> AwsCredentials::look_in_files() const {
  const AwsConfigFiles files = aws_config_files(options_.environment);
  NF_ASSIGN(const AwsConfig config, load_aws_config(files, options_.environment, options_.profile));
  FoundKeys found;
  found.keys = {config.value("aws_access_key_id"), config.value("aws_secret_access_key"),
                config.value("aws_session_token")};
  found.source = files.credentials + " [" + config.profile + "]";
  if (found.keys.access_key_id.empty() && found.keys.secret_access_key.empty()) {
    NF_TRY(refuse_other_ways(config, files.config));
    return std::optional<FoundKeys>();
  }
  if (found.keys.access_key_id.empty() || found.keys.secret_access_key.empty()) {
    return Status(Code::kPermission, found.source +
                                         " has only one of aws_access_key_id and "
                                         "aws_secret_access_key; it needs both");
  }
  return std::optional(std::move(found));
}

Result<FoundKeys> AwsCredentials::look(AwsDeadline deadline, bool on_instance) const {
  const Environment& environment = options_.environment;
  if (options_.profile.empty()) {
    NF_ASSIGN(auto found, look_in_environment(environment));
    if (found) return std::move(*found);
  }
  NF_ASSIGN(auto in_files, look_in_files());
  if (in_files) return std::move(*in_files);
  if (!environment("AWS_WEB_IDENTITY_TOKEN_FILE").empty()) {
    return Status(Code::kPermission,
                  "web identity (AWS_WEB_IDENTITY_TOKEN_FILE) is not supported; run `eval \"$(aws "
                  "configure export-credentials --format env)\"` first, or use EKS Pod Identity");
  }
  if (options_.fetch) {
    NF_ASSIGN(auto in_container, container_keys(environment, options_.fetch, deadline));
    if (in_container) return std::move(*in_container);
    NF_ASSIGN(auto in_instance, instance_keys(environment, options_.fetch, deadline, on_instance));
    if (in_instance) return std::move(*in_instance);
  }
  return Status(Code::kPermission,
                "no AWS credentials: AWS_ACCESS_KEY_ID is not set, " +
                    aws_config_files(environment).credentials +
                    " has no keys of the profile, and neither a container nor an EC2 instance "
                    "gives any; a public bucket is read with --anonymous");
}

bool AwsCredentials::has_expired() const {
  return found_->expires && *found_->expires <= options_.now();
}

bool AwsCredentials::is_usable() const {
  return found_ && !look_anew_ && !has_expired();
}

bool AwsCredentials::are_from_files() const {
  return !found_->expires && found_->source != "the environment";
}

bool AwsCredentials::is_fresh() const {
  if (!is_usable()) return false;
  const auto now = options_.now();
  if (are_from_files()) return now >= files_seen_ && now - files_seen_ < kBetweenFileLooks;
  return !found_->expires || *found_->expires - now > kBeforeExpiry || now < next_refresh_;
}

// The files may lie on a disk that does not answer: only who holds loading_ waits for it.
bool AwsCredentials::files_have_changed() {
  const std::string version = aws_config_files(options_.environment).version();
  const std::lock_guard lock(mutex_);
  files_seen_ = options_.now();
  return version != files_version_;
}

Result<std::optional<AwsKeys>> AwsCredentials::keys(AwsDeadline deadline) {
  if (options_.anonymous) return std::optional<AwsKeys>();
  {
    const std::lock_guard lock(mutex_);
    if (is_fresh()) return std::optional(found_->keys);
    // Somebody looks already: go on with what there is.
    const std::unique_lock looking(loading_, std::try_to_lock);
    if (!looking.owns_lock() && is_usable()) return std::optional(found_->keys);
  }
  const std::lock_guard looking(loading_);
  bool only_files = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_fresh()) return std::optional(found_->keys);
    only_files = is_usable() && are_from_files();
  }
  const Status loaded = only_files && !files_have_changed() ? Status() : load(deadline);
  const std::lock_guard lock(mutex_);
  if (!found_ || (!loaded.ok() && has_expired())) return loaded;
  return std::optional(found_->keys);
}

Status AwsCredentials::load(AwsDeadline deadline) {
  const std::string version = aws_config_files(options_.environment).version();
  bool on_instance = false;
  {
    const std::lock_guard lock(mutex_);
    on_instance = found_ && found_->expires;
  }
  auto found = look(deadline, on_instance);
  Status status = found.ok() ? check_keys(*found) : found.status();
  const std::lock_guard lock(mutex_);
  const auto now = options_.now();
  files_version_ = version;
  files_seen_ = now;
  if (may_pass(status)) {
    // Nothing was found out: what was to be looked for still is.
    next_refresh_ =
        now + (status.code() == Code::kInterrupted ? Time::duration::zero() : kAfterHiccup);
    return status;
  }
  next_refresh_ = now + kAfterFailure;
  look_anew_ = false;
  if (!status.ok()) {
    if (found_) log_warning("the AWS keys stay as they were: " + status.message());
    return status;
  }
  if (found_ && found_->keys != found->keys) {
    changed_ = now;
    log_info("new AWS keys from " + found->source);
  }
  found_ = std::move(*found);
  return {};
}

bool AwsCredentials::refused() {
  const std::lock_guard lock(mutex_);
  if (options_.anonymous || !found_) return false;
  const auto now = options_.now();
  if (look_anew_ || (changed_ && now - *changed_ < kUnderWay)) return true;
  // Somebody may just have put right what is wrong with them.
  if (are_from_files() && now - files_seen_ >= kBetweenRefusedLooks) {
    files_seen_ = {};
    refused_ = now;
    return true;
  }
  if (refused_ && now - *refused_ < kBetweenLooks) return false;
  refused_ = now;
  look_anew_ = true;
  return true;
}

void AwsCredentials::look_anew() {
  const std::lock_guard lock(mutex_);
  look_anew_ = true;
}

std::string AwsCredentials::source() const {
  const std::lock_guard lock(mutex_);
  if (options_.anonymous) return "nobody (anonymous)";
  return found_ ? found_->source : "nowhere yet";
}

}  // namespace neurofs
