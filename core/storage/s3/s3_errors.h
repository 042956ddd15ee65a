// S3Error: what an S3 server says went wrong, and what that means for who asked.
//
// Pure; any thread. The body is hostile: expat without DTD, 64 KiB at most, texts cut and made printable.
// Source: Amazon S3 API Reference, "Error responses"; replies of radosgw and Swift's s3api.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/storage/http/http_loop.h"

namespace neurofs {

struct S3Error {
  int status = 0;       // of HTTP
  std::string code;     // "NoSuchKey"; "" where the reply has no body, as for HEAD
  std::string message;  // for people
  std::string region;   // the bucket's, where the server names it; not yet checked
  std::string request_id;
  std::optional<std::chrono::system_clock::time_point> server_time;  // the header Date

  // "403 AccessDenied: Access Denied (request tx000...)"
  std::string to_string() const;
};

S3Error parse_s3_error(const HttpReply& reply);

enum class S3Meaning : uint8_t {
  kMissing,      // no such key
  kNoBucket,     // will not get better
  kChanged,      // a precondition failed
  kRefused,      // no permission
  kCredentials,  // of keys that are unknown or have expired; newer ones may do
  kClock,        // ours and the server's are too far apart
  kRegion,       // the bucket is in another region
  kRetry,
  kSlowDown,
  kFailed,
};

S3Meaning meaning_of(const S3Error& error);

// "Thu, 26 Nov 2026 11:50:09 GMT"
std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);
// "Thu, 26 Nov 2026 11:50:09 GMT", as servers write it.
std::string http_date(std::chrono::system_clock::time_point time);

}  // namespace neurofs
