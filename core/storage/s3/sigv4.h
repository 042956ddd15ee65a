// SigV4: AWS's signature of a request, version 4.
//
// Purpose: proves with a secret key who asks, without sending it. Pure; any thread. Every text comes in
// as it will be sent: path and query percent-encoded once, as S3 wants it. Errors: none; what it is given
// was checked by who made it. Source: "Signature Version 4 signing process", AWS General Reference;
// Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"

namespace neurofs {

struct AwsKeys {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty for keys that do not expire

  bool operator==(const AwsKeys&) const = default;
};

struct SigV4Request {
  std::string_view method;
  std::string_view path = {};   // "/bucket/key"; "" is "/"
  std::string_view query = {};  // "list-type=2&prefix=a%2F", in any order; "" for none
  std::vector<std::pair<std::string, std::string>> headers = {};  // to sign; must hold host
  std::string_view payload_hash = {};                             // hex SHA-256 of the body
  std::string_view time = {};                                     // amz_time()
  std::string_view region = {};
  std::string_view service = "s3";
};

// The three steps, apart so that AWS's published vectors test each.
std::string canonical_request(const SigV4Request& request);
std::string string_to_sign(const SigV4Request& request);
// The value of the header Authorization.
std::string sigv4_authorization(const SigV4Request& request, const AwsKeys& keys);

std::string sha256_hex(Bytes bytes);

// "20130524T000000Z"
std::string amz_time(std::chrono::system_clock::time_point time);

}  // namespace neurofs
