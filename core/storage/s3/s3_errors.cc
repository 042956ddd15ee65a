#include "core/storage/s3/s3_errors.h"

#include <time.h>  // strptime, timegm: POSIX, not C++

#include <algorithm>
#include <array>
#include <utility>

#include "core/storage/s3/xml_walk.h"

namespace neurofs {
namespace {

constexpr size_t kBodyLimit = size_t{64} << 10;
constexpr size_t kTextLimit = 300;

// What a server wrote, fit for a log: short, and without control characters.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kTextLimit));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text.size() > kTextLimit ? out + "..." : out;
}

bool one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

constexpr std::string_view kDateFormat = "%a, %d %b %Y %H:%M:%S GMT";

S3Meaning meaning_of_status(int status) {
  if (status == 404) return S3Meaning::kMissing;
  if (status == 412) return S3Meaning::kChanged;
  if (status == 401 || status == 403) return S3Meaning::kRefused;
  if (status == 503 || status == 429) return S3Meaning::kSlowDown;
  if (status == 301 || status == 307 || status == 308) return S3Meaning::kRegion;
  return status >= 500 || status == 408 ? S3Meaning::kRetry : S3Meaning::kFailed;
}

}  // namespace

std::string S3Error::to_string() const {
  std::string text = std::to_string(status);
  if (!code.empty()) text += " " + code;
  if (!message.empty()) text += ": " + message;
  if (!request_id.empty()) text += " (request " + request_id + ")";
  return text;
}

S3Error parse_s3_error(const HttpReply& reply) {
  S3Error error;
  error.status = reply.head.status;
  error.server_time = parse_http_date(reply.head.header("date"));
  error.region = reply.head.header("x-amz-bucket-region");
  error.request_id = printable(reply.head.header("x-amz-request-id"));
  if (reply.body.empty() || reply.body.size() > kBodyLimit) return error;
  S3Error said = error;
  const Status parsed = walk_xml(reply.body, [&](std::string_view path, std::string_view text) {
    if (path == "/Error/Code") said.code = printable(text);
    if (path == "/Error/Message") said.message = printable(text);
    if (path == "/Error/Region") said.region = printable(text);
    if (path == "/Error/RequestId") said.request_id = printable(text);
    return Status();
  });
  return parsed.ok() ? said : error;  // a proxy's page: the status code alone counts
}

S3Meaning meaning_of(const S3Error& error) {
  const std::string_view code = error.code;
  if (one_of(code, {"NoSuchKey", "NoSuchVersion"})) return S3Meaning::kMissing;
  if (code == "NoSuchBucket") return S3Meaning::kNoBucket;
  if (code == "PreconditionFailed") return S3Meaning::kChanged;
  if (code == "RequestTimeTooSkewed") return S3Meaning::kClock;
  if (one_of(code, {"SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException",
                    "TooManyRequests", "RequestLimitExceeded"})) {
    return S3Meaning::kSlowDown;
  }
  if (one_of(code, {"PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect",
                    "IllegalLocationConstraintException"})) {
    return S3Meaning::kRegion;
  }
  if (one_of(code, {"ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "TokenRefreshRequired",
                    "SignatureDoesNotMatch"})) {
    return S3Meaning::kCredentials;
  }
  if (one_of(code, {"InternalError", "RequestTimeout", "OperationAborted"})) {
    return S3Meaning::kRetry;
  }
  // A code that says nothing here still stands for what its status means; but a 404 with another code
  // (NoSuchUpload) proves nothing of the key.
  if (error.status == 404 && !code.empty()) return S3Meaning::kFailed;
  return meaning_of_status(error.status);
}

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
  if (text.empty() || text.size() > 40) return std::nullopt;
  std::tm parts{};
  const std::string copy(text);
  const char* end = ::strptime(copy.c_str(), kDateFormat.data(), &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string http_date(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), kDateFormat.data(), &parts)};
}

}  // namespace neurofs
