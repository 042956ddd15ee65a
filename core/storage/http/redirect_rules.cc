#include "core/storage/http/redirect_rules.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>

#include "core/storage/http/http_loop.h"

namespace neurofs {
namespace {

// fd00:ec2::/32, where EC2's metadata service is by IPv6.
constexpr std::array<unsigned char, 4> kMetadataNet{0xfd, 0x00, 0x0e, 0xc2};

struct Place {
  std::string scheme;
  std::string host;
  std::string port;
  bool operator==(const Place&) const = default;
};

std::string url_part(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

std::optional<Place> place_of(const std::string& text) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), curl_url_cleanup);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return {};
  return Place{url_part(url.get(), CURLUPART_SCHEME, 0), url_part(url.get(), CURLUPART_HOST, 0),
               url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
}

bool link_local_text(std::string host) {
  while (host.ends_with('.')) host.pop_back();  // which resolvers, and so proxies, pass over
  if (host.starts_with('[')) host = host.substr(1, host.find_first_of("]%") - 1);
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    return is_link_local(reinterpret_cast<const sockaddr&>(v6));
  }
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  // Also the short and hexadecimal forms, which resolvers take.
  if (inet_aton(host.c_str(), &v4.sin_addr) != 1) return false;
  return is_link_local(reinterpret_cast<const sockaddr&>(v4));
}

}  // namespace

bool is_link_local(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    in_addr v4 = {};
    std::memcpy(&v4, reinterpret_cast<const std::byte*>(&address) + offsetof(sockaddr_in, sin_addr),
                sizeof v4);
    return (ntohl(v4.s_addr) >> 16) == 0xa9fe;
  }
  if (address.sa_family != AF_INET6) return false;
  in6_addr v6 = {};
  std::memcpy(&v6, reinterpret_cast<const std::byte*>(&address) + offsetof(sockaddr_in6, sin6_addr),
              sizeof v6);
  if (IN6_IS_ADDR_LINKLOCAL(&v6)) return true;
  if (std::equal(kMetadataNet.begin(), kMetadataNet.end(), v6.s6_addr)) return true;
  return IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 0xa9 && v6.s6_addr[13] == 0xfe;
}

Result<bool> check_redirect(const std::string& url, const std::string& target) {
  const auto from = place_of(url);
  const auto to = place_of(target);
  const std::string what = redact_url(url) + " redirects to " + redact_url(target);
  if (!from || !to) return io_error(what + ", which is no URL");
  const bool scheme = to->scheme == "https" || (to->scheme == "http" && from->scheme == "http");
  if (!scheme) return io_error(what + ": only http to http or https, and https to https, is safe");
  if (link_local_text(to->host)) {
    return io_error(what + ": servers may not send us to link-local addresses");
  }
  return *from == *to;
}

}  // namespace neurofs
