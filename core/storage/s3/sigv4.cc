#include "core/storage/s3/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <span>

namespace neurofs {
namespace {

using Digest = std::array<unsigned char, 32>;

std::string hex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Digest hmac(std::span<const unsigned char> key, std::string_view text) {
  Digest digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr);
  return digest;
}

std::string sha256_hex_of(std::string_view text) {
  return sha256_hex(std::as_bytes(std::span(text)));
}

std::string sorted_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parts;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const size_t equals = std::min(part.find('='), part.size());
    parts.emplace_back(part.substr(0, equals), part.substr(std::min(part.size(), equals + 1)));
  }
  std::ranges::sort(parts);
  std::string text;
  for (const auto& [name, value] : parts) {
    text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
  }
  return text;
}

// Names in lower case, values without blanks at the ends, sorted by name.
std::vector<std::pair<std::string, std::string>> canonical_headers(const SigV4Request& request) {
  auto headers = request.headers;
  for (auto& [name, value] : headers) {
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    value.erase(0, std::min(value.find_first_not_of(' '), value.size()));
    value.erase(value.find_last_not_of(' ') + 1);
  }
  std::ranges::sort(headers);
  return headers;
}

std::string signed_names(const SigV4Request& request) {
  std::string names;
  for (const auto& [name, value] : canonical_headers(request)) {
    names.append(names.empty() ? "" : ";").append(name);
  }
  return names;
}

std::string scope_of(const SigV4Request& request) {
  std::string scope(request.time.substr(0, 8));
  return scope.append("/")
      .append(request.region)
      .append("/")
      .append(request.service)
      .append("/aws4_request");
}

Digest signing_key(const SigV4Request& request, const AwsKeys& keys) {
  const std::string first = "AWS4" + keys.secret_access_key;
  const std::span text(reinterpret_cast<const unsigned char*>(first.data()), first.size());
  const Digest date = hmac(text, request.time.substr(0, 8));
  return hmac(hmac(hmac(date, request.region), request.service), "aws4_request");
}

}  // namespace

std::string sha256_hex(Bytes bytes) {
  Digest digest{};
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return hex(digest);
}

std::string amz_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

std::string canonical_request(const SigV4Request& request) {
  std::string text(request.method);
  text.append("\n").append(request.path.empty() ? "/" : request.path);
  text.append("\n").append(sorted_query(request.query)).append("\n");
  for (const auto& [name, value] : canonical_headers(request)) {
    text.append(name).append(":").append(value).append("\n");
  }
  return text.append("\n").append(signed_names(request)).append("\n").append(request.payload_hash);
}

std::string string_to_sign(const SigV4Request& request) {
  std::string text = "AWS4-HMAC-SHA256\n";
  text.append(request.time).append("\n").append(scope_of(request)).append("\n");
  return text.append(sha256_hex_of(canonical_request(request)));
}

std::string sigv4_authorization(const SigV4Request& request, const AwsKeys& keys) {
  const Digest signature = hmac(signing_key(request, keys), string_to_sign(request));
  return "AWS4-HMAC-SHA256 Credential=" + keys.access_key_id + "/" + scope_of(request) +
         ", SignedHeaders=" + signed_names(request) + ", Signature=" + hex(signature);
}

}  // namespace neurofs
