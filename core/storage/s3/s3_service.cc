#include "core/storage/s3/s3_service.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/base/log.h"
#include "core/storage/key.h"

namespace neurofs {
namespace {

constexpr std::chrono::seconds kLately{30};
constexpr int64_t kClockStep = 60;        // seconds: a smaller difference is no reason to refuse
constexpr int64_t kClockBound = 10 * 60;  // S3 refuses from 15 minutes on

struct UrlParts {
  std::string_view host;  // without the port that goes without saying
  std::string_view path;
  std::string_view query;
};

UrlParts split_url(std::string_view url) {
  const bool tls = url.starts_with("https://");
  const size_t slashes = url.find("://");
  if (slashes != std::string_view::npos) url.remove_prefix(slashes + 3);
  UrlParts parts;
  parts.host = url.substr(0, url.find_first_of("/?"));
  url.remove_prefix(parts.host.size());
  const std::string_view port = tls ? ":443" : ":80";
  if (parts.host.ends_with(port)) parts.host.remove_suffix(port.size());
  parts.path = url.substr(0, url.find('?'));
  if (parts.path.size() < url.size()) parts.query = url.substr(parts.path.size() + 1);
  return parts;
}

void become(RemoteAnswer& answer, RemoteAnswer::Kind kind, Code code, std::string message) {
  answer.kind = kind;
  answer.status = Status(code, std::move(message));
}

}  // namespace

S3Service::S3Service(S3Location& location, AwsCredentials& credentials, bool missing_403, Now now)
    : location_(location),
      credentials_(credentials),
      missing_403_(missing_403),
      now_(std::move(now)) {}

bool S3Service::Lately::holds() const {
  const int64_t at = at_;
  const std::chrono::steady_clock::duration since(at);
  return at != 0 && std::chrono::steady_clock::now().time_since_epoch() - since < kLately;
}

Status S3Service::authorize(HttpRequest& request) {
  auto found = credentials_.keys(request.deadline);
  if (!found.ok()) return found.status().with_context(location_.url());
  if (!*found) return {};
  const AwsKeys& keys = **found;
  const UrlParts url = split_url(request.url);
  const std::string time = amz_time(now_() + clock_offset());
  const std::string hash = sha256_hex(request.upload);
  const std::string region = location_.region();
  SigV4Request to_sign{.method = request.method,
                       .path = url.path,
                       .query = url.query,
                       .headers = {{"host", std::string(url.host)},
                                   {"x-amz-content-sha256", hash},
                                   {"x-amz-date", time}},
                       .payload_hash = hash,
                       .time = time,
                       .region = region};
  request.headers.push_back("x-amz-content-sha256: " + hash);
  request.headers.push_back("x-amz-date: " + time);
  if (!keys.session_token.empty()) {
    to_sign.headers.emplace_back("x-amz-security-token", keys.session_token);
    request.secret_headers.push_back("x-amz-security-token: " + keys.session_token);
  }
  request.secret_headers.push_back("Authorization: " + sigv4_authorization(to_sign, keys));
  return {};
}

void S3Service::explain(const HttpReply& reply, RemoteAnswer& answer) {
  using Kind = RemoteAnswer::Kind;
  const S3Error error = parse_s3_error(reply);
  const std::string said = location_.url() + " answers " + error.to_string();
  switch (meaning_of(error)) {
    case S3Meaning::kMissing:
      return explain_missing(reply, error, answer);
    case S3Meaning::kNoBucket:
      return become(answer, Kind::kFailed, Code::kIoError,
                    said + "; check the bucket's name, the endpoint and the region");
    case S3Meaning::kChanged:
      return become(answer, Kind::kChanged, Code::kStale, said);
    case S3Meaning::kRefused:
      return explain_refused(reply, error, answer);
    case S3Meaning::kCredentials:
      return explain_credentials(error, answer);
    case S3Meaning::kClock:
      return explain_clock(error, answer);
    case S3Meaning::kRegion:
      return explain_region(error, answer);
    case S3Meaning::kSlowDown:
      answer.slow_down = true;
      return become(answer, Kind::kRetry, Code::kIoError, said);
    case S3Meaning::kRetry:
      return become(answer, Kind::kRetry, Code::kIoError, said);
    case S3Meaning::kFailed:
      // Past the object's end: who asked for the range says it better.
      if (error.status == 416 && !answer.status.ok()) return;
      return become(answer, Kind::kFailed, Code::kIoError, said);
  }
}

// A chunk that is missing reads as fill values, so that it must be S3 that says so: a proxy's page of
// "404 Not Found", or no page at all, proves nothing.
void S3Service::explain_missing(const HttpReply& reply, const S3Error& error,
                                RemoteAnswer& answer) {
  if (!error.code.empty()) {
    answer.kind = RemoteAnswer::Kind::kMissing;
    answer.status = {};
    return;
  }
  answer.unproven = reply.body.empty();
  become(answer, answer.unproven ? RemoteAnswer::Kind::kRetry : RemoteAnswer::Kind::kFailed,
         Code::kIoError,
         location_.url() + " answers 404 " +
             (answer.unproven ? "without saying what is missing"
                              : "with a body that is none of S3's") +
             "; check the endpoint");
}

void S3Service::explain_refused(const HttpReply& reply, const S3Error& error,
                                RemoteAnswer& answer) {
  if (error.code.empty() && clock_differs(error)) return explain_clock(error, answer);
  if (error.code == "AccessDenied" && missing_403_) {
    if (!told_missing_403_.exchange(true)) {
      log_warning(location_.url() +
                  ": an object that is refused (403) is taken as missing, as --missing-403-fill "
                  "says; said once");
    }
    answer.kind = RemoteAnswer::Kind::kMissing;
    answer.status = {};
    return;
  }
  answer.unproven = missing_403_ && reply.body.empty();
  become(answer, RemoteAnswer::Kind::kRefused, Code::kPermission,
         location_.url() + " answers " + error.to_string() + "; keys from " +
             credentials_.source() +
             ". Without the permission to list the bucket, a missing object looks the same; "
             "--missing-403-fill takes it as missing");
}

void S3Service::explain_credentials(const S3Error& error, RemoteAnswer& answer) {
  const bool again = credentials_.refused();
  become(answer, again ? RemoteAnswer::Kind::kRetry : RemoteAnswer::Kind::kRefused,
         Code::kPermission,
         location_.url() + " answers " + error.to_string() + "; keys from " +
             credentials_.source() + ": renew them there, they are read anew");
}

bool S3Service::clock_differs(const S3Error& error) const {
  if (!error.server_time) return false;
  const auto difference = std::chrono::duration_cast<std::chrono::seconds>(
      *error.server_time - (now_() + clock_offset()));
  return std::abs(difference.count()) > kClockBound;
}

void S3Service::explain_clock(const S3Error& error, RemoteAnswer& answer) {
  const auto ours = now_();
  std::string text = location_.url() + " answers " + error.to_string() +
                     "; this machine's clock says " + http_date(ours) + ", the server's " +
                     (error.server_time ? http_date(*error.server_time) : "nothing");
  bool again = clock_learned_.holds();
  if (error.server_time) {
    const int64_t offset =
        std::chrono::duration_cast<std::chrono::seconds>(*error.server_time - ours).count();
    if (std::abs(offset - offset_) >= kClockStep && !again) {
      again = true;
      clock_learned_.mark();
      offset_ = offset;
      log_warning(text + ": requests are signed with the server's time from now on; set the clock");
    }
  }
  become(answer, again ? RemoteAnswer::Kind::kRetry : RemoteAnswer::Kind::kRefused,
         Code::kPermission, text + "; set the clock");
}

void S3Service::explain_region(const S3Error& error, RemoteAnswer& answer) {
  bool again = region_learned_.holds();
  if (!again && location_.set_region(error.region)) {
    again = true;
    region_learned_.mark();
    log_info(location_.url() + " is in the region " + error.region +
             ", which is asked from now on");
  }
  become(answer, again ? RemoteAnswer::Kind::kRetry : RemoteAnswer::Kind::kFailed, Code::kIoError,
         location_.url() + " answers " + error.to_string() +
             (error.region.empty() ? std::string() : ", region " + quote_key(error.region)) +
             "; asked was region " + location_.region() + ": name the bucket's by --region");
}

}  // namespace neurofs
