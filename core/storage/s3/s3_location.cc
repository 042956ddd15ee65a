#include "core/storage/s3/s3_location.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "core/storage/http/http_loop.h"
#include "core/storage/key.h"

namespace neurofs {
namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view kBucketCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of(kLower) == std::string_view::npos;
}

// May be the first label of a host's name, under the wildcard of its certificate.
bool is_label(std::string_view bucket) {
  return bucket.size() <= 63 && bucket.find_first_not_of(kLower) == std::string_view::npos &&
         bucket.front() != '-' && bucket.back() != '-';
}

bool is_address(std::string_view host) {
  if (host.starts_with('[')) return true;
  std::array<unsigned char, 16> address{};
  return ::inet_pton(AF_INET, std::string(host).c_str(), address.data()) == 1;
}

// Without the port.
std::string_view name_of(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

// No server is expected to know "bucket.localhost" or "bucket.minio".
bool needs_path_style(std::string_view host, std::string_view bucket) {
  if (!is_label(bucket)) return true;
  const std::string_view name = name_of(host);
  return !host.empty() && (is_address(name) || name.find('.') == std::string_view::npos);
}

bool is_host(std::string_view host) {
  const std::string_view name = name_of(host);
  const std::string_view rest = host.substr(name.size());
  const bool port = rest.empty() || (rest.size() > 1 && rest.size() <= 6 && rest[0] == ':' &&
                                     rest.find_first_not_of("0123456789", 1) == std::string::npos);
  return !name.empty() && port &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._[:]") == std::string::npos;
}

std::string first_of(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) return text;
  }
  return {};
}

std::string endpoint_of(const RemoteOptions& options, const Environment& environment,
                        const AwsConfig& profile) {
  if (!options.endpoint.empty()) return options.endpoint;
  if (environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true") return {};
  return first_of({environment("AWS_ENDPOINT_URL_S3"), environment("AWS_ENDPOINT_URL"),
                   profile.value("s3.endpoint_url"), profile.value("endpoint_url")});
}

}  // namespace

Result<std::unique_ptr<S3Location>> S3Location::make(std::string_view url,
                                                     const RemoteOptions& options,
                                                     const Environment& environment,
                                                     const AwsConfig& profile) {
  std::unique_ptr<S3Location> location(new S3Location());
  NF_TRY(location->set_place(url));
  NF_TRY(location->set_endpoint(endpoint_of(options, environment, profile)));
  location->region_ =
      first_of({options.region, environment("AWS_REGION"), environment("AWS_DEFAULT_REGION"),
                profile.value("region"), "us-east-1"});
  if (!is_region(location->region_)) {
    return invalid_argument(quote_key(location->region_) +
                            " is no name of a region; it is like us-east-1");
  }
  location->path_style_ = options.path_style || profile.value("s3.addressing_style") == "path" ||
                          needs_path_style(location->host_, location->bucket_);
  return location;
}

Status S3Location::set_place(std::string_view url) {
  constexpr std::string_view kScheme = "s3://";
  if (url.starts_with(kScheme)) url.remove_prefix(kScheme.size());
  const std::string_view bucket = url.substr(0, url.find('/'));
  if (bucket.find('@') != std::string_view::npos) {
    return invalid_argument(
        "an s3:// URL holds no user and no key; they come from the environment or from "
        "~/.aws/credentials (--profile)");
  }
  if (bucket.size() < 3 || bucket.size() > 255 || bucket.front() == '.' || bucket.front() == '-' ||
      bucket.find("..") != std::string_view::npos ||
      bucket.find_first_not_of(kBucketCharacters) != std::string_view::npos) {
    return invalid_argument(quote_key(bucket) +
                            " is no name of a bucket; write s3://bucket/prefix");
  }
  std::string_view prefix = url.substr(bucket.size());
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  NF_TRY(check_prefix(prefix).with_context("the prefix in s3://" + std::string(bucket)));
  bucket_ = bucket;
  prefix_ = prefix;
  return {};
}

Status S3Location::set_endpoint(std::string_view endpoint) {
  if (endpoint.empty()) return {};
  if (endpoint.find('@') != std::string_view::npos) {
    return invalid_argument("an S3 endpoint holds no user and no password");
  }
  std::string_view rest = endpoint;
  const size_t slashes = rest.find("://");
  scheme_ = std::string(rest.substr(0, slashes)) + "://";
  rest.remove_prefix(slashes == std::string_view::npos ? rest.size() : slashes + 3);
  host_ = rest.substr(0, rest.find('/'));
  std::ranges::transform(host_, host_.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  base_path_ = rest.substr(std::min(rest.size(), host_.size()));
  while (base_path_.ends_with('/')) base_path_.pop_back();
  const bool known = scheme_ == "http://" || scheme_ == "https://";
  if (!known || !is_host(host_) || base_path_.find_first_of("?#% \\") != std::string::npos) {
    return invalid_argument("the S3 endpoint " + quote_key(redact_url(endpoint)) +
                            " is not like https://host:port");
  }
  return {};
}

std::string S3Location::url() const {
  return "s3://" + bucket_ + (prefix_.empty() ? "" : "/" + prefix_);
}

std::string S3Location::region() const {
  const std::lock_guard lock(mutex_);
  return region_;
}

bool S3Location::set_region(std::string_view region) {
  if (!is_region(region)) return false;
  const std::lock_guard lock(mutex_);
  if (region_ == region) return false;
  region_ = region;
  return true;
}

std::string S3Location::host() const {
  if (!host_.empty()) return host_;
  const std::string name = region();
  return "s3." + name + (name.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

std::string S3Location::object_name(std::string_view key) const {
  return prefix_.empty() ? std::string(key) : prefix_ + "/" + std::string(key);
}

std::string S3Location::bucket_url(std::string_view query) const {
  std::string url = scheme_ + (path_style_ ? host() : bucket_ + "." + host()) + base_path_;
  url += path_style_ ? "/" + bucket_ : "/";
  return query.empty() ? url : url.append("?").append(query);
}

std::string S3Location::object_url(std::string_view key) const {
  std::string url = bucket_url("");
  if (path_style_) url += "/";
  return url + percent_encode(object_name(key), /*keep_slash=*/true);
}

}  // namespace neurofs
