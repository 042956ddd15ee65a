#include "core/storage/s3/aws_metadata.h"

#include <time.h>  // strptime, timegm: POSIX, not C++

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/base/trim.h"
#include "core/storage/key.h"
#include "core/storage/settings_file.h"

namespace neurofs {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{2};  // the endpoints are on this machine or next to it
constexpr size_t kTokenLimit = 16384;

bool is_header_text(std::string_view text) {
  return !text.empty() && text.size() <= kTokenLimit &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

HttpRequest request_to(std::string url, AwsDeadline deadline) {
  HttpRequest request;
  request.url = std::move(url);
  // What goes there in clear is for this machine alone; over TLS a proxy sees nothing of it.
  request.direct = request.url.starts_with("http:");
  request.deadline = std::min(deadline, std::chrono::steady_clock::now() + kPatience);
  return request;
}

// Any host by https; by http only those which cannot be reached by strangers.
bool may_send_token(std::string_view url) {
  if (url.starts_with("https://")) return true;
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return false;
  url.remove_prefix(kScheme.size());
  std::string_view host = url.substr(0, url.find_first_of("/?#"));
  if (host.find('@') != std::string_view::npos) return false;
  host =
      host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  for (const std::string_view known :
       {"localhost", "127.0.0.1", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"}) {
    if (host == known) return true;
  }
  return false;
}

Result<std::string> container_token(const Environment& environment) {
  const std::string path = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  std::string token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (!path.empty()) {
    auto file = read_settings_file(path, kTokenLimit);
    if (!file.ok()) {
      return Status(Code::kPermission, "the container's token: " + file.status().message());
    }
    token = trim(file->text);
  }
  if (token.empty() || is_header_text(token)) return token;
  return Status(Code::kPermission, "the container's authorization token is no text of one line");
}

Status refused(const HttpReply& reply, const std::string& what) {
  return Status(Code::kPermission, what + " answers " + std::to_string(reply.head.status));
}

std::string text_of(const ByteVector& body) {
  return {reinterpret_cast<const char*>(body.data()), body.size()};
}

std::string instance_endpoint(const Environment& environment) {
  std::string endpoint = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (endpoint.empty()) {
    const bool ipv6 = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") == "IPv6";
    endpoint = ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint;
}

std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr) return std::nullopt;
  if (*end == '.') {
    for (++end; *end >= '0' && *end <= '9'; ++end) {
    }
  }
  if (std::string_view(end) != "Z" && std::string_view(end) != "+00:00") return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string member(const json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

}  // namespace

Result<FoundKeys> parse_temporary_keys(Bytes text, std::string source) {
  const auto* begin = reinterpret_cast<const char*>(text.data());
  const json object = json::parse(begin, begin + text.size(), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Status(Code::kPermission, source + " gave no JSON object");
  const std::string code = member(object, "Code");
  FoundKeys found;
  found.keys = {member(object, "AccessKeyId"), member(object, "SecretAccessKey"),
                member(object, "Token")};
  if (!code.empty() && code != "Success") {
    return Status(Code::kPermission, source + " gave no keys: " + quote_key(code));
  }
  const bool token_fits =
      found.keys.session_token.empty() || is_header_text(found.keys.session_token);
  if (!is_header_text(found.keys.access_key_id) || !token_fits ||
      found.keys.secret_access_key.empty()) {
    return Status(Code::kPermission, source + " gave no access key that can be used");
  }
  const std::string expiration = member(object, "Expiration");
  found.expires = parse_time(expiration);
  if (!expiration.empty() && !found.expires) {
    return Status(Code::kPermission, source + " gave keys with an expiration that is no time: " +
                                         quote_key(expiration));
  }
  found.source = std::move(source);
  return found;
}

Result<std::optional<FoundKeys>> container_keys(const Environment& environment,
                                                const AwsFetch& fetch, AwsDeadline deadline) {
  const std::string relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  std::string url = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative.empty()) url = "http://169.254.170.2" + relative;
  if (url.empty()) return std::optional<FoundKeys>();
  if ((!relative.empty() && relative[0] != '/') || !may_send_token(url)) {
    return Status(Code::kPermission,
                  "AWS_CONTAINER_CREDENTIALS_*_URI names neither an https:// host nor one of this "
                  "machine; its token is not sent there");
  }
  HttpRequest request = request_to(std::move(url), deadline);
  NF_ASSIGN(const std::string token, container_token(environment));
  if (!token.empty()) request.secret_headers.push_back("Authorization: " + token);
  const std::string what = "the container's credentials endpoint";
  auto reply = fetch(request);
  if (!reply.ok()) return reply.status().with_context(what);
  if (reply->head.status != 200) return refused(*reply, what);
  NF_ASSIGN(FoundKeys found, parse_temporary_keys(reply->body, what));
  return std::optional(std::move(found));
}

Result<std::optional<FoundKeys>> instance_keys(const Environment& environment,
                                               const AwsFetch& fetch, AwsDeadline deadline,
                                               bool on_instance) {
  std::string disabled = environment("AWS_EC2_METADATA_DISABLED");
  std::ranges::transform(disabled, disabled.begin(), [](char c) { return c | 0x20; });
  if (disabled == "true") return std::optional<FoundKeys>();
  const std::string base = instance_endpoint(environment) + "/latest/";
  HttpRequest ask = request_to(base + "api/token", deadline);
  ask.method = "PUT";
  ask.headers.push_back("X-aws-ec2-metadata-token-ttl-seconds: 21600");
  const auto token = fetch(ask);
  const std::string what = "the EC2 metadata service";
  if (!token.ok()) {
    if (on_instance || token.status().code() == Code::kInterrupted)
      return token.status().with_context(what);
    return std::optional<FoundKeys>();  // no EC2 instance
  }
  // Something else may answer there, or the service be off: where no keys came from it before, none do.
  if (token->head.status != 200 && !on_instance) return std::optional<FoundKeys>();
  if (token->head.status != 200) return refused(*token, what);
  if (!is_header_text(text_of(token->body))) {
    return Status(Code::kPermission, what + " gave a token that is no text of one line");
  }
  const auto get = [&](const std::string& path) {
    HttpRequest request = request_to(base + path, deadline);
    request.secret_headers.push_back("X-aws-ec2-metadata-token: " + text_of(token->body));
    return fetch(request);
  };
  const std::string roles = "meta-data/iam/security-credentials/";
  NF_ASSIGN(const HttpReply named, get(roles));
  if (named.head.status == 404) return std::optional<FoundKeys>();
  if (named.head.status != 200) return refused(named, what);
  std::string role = text_of(named.body);
  role.resize(std::min(role.find_first_of("\r\n"), role.size()));
  if (!is_header_text(role) || role.size() > 256) return std::optional<FoundKeys>();
  NF_ASSIGN(const HttpReply reply, get(roles + percent_encode(role, /*keep_slash=*/false)));
  if (reply.head.status != 200) return refused(reply, what);
  NF_ASSIGN(FoundKeys found, parse_temporary_keys(reply.body, "the EC2 role " + quote_key(role)));
  return std::optional(std::move(found));
}

}  // namespace neurofs
