// Texts of HTTP: URLs for messages, percent-encoding, header look-up.

#include <algorithm>
#include <cctype>

#include "core/storage/http/http_loop.h"

namespace neurofs {
namespace {

constexpr size_t kMaxShown = 300;

bool unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string_view HttpHead::header(std::string_view name) const {
  const auto found =
      std::ranges::find_if(headers, [name](const auto& entry) { return entry.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string redact_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  std::string text;
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    text = url.substr(0, scheme + 3);
    url.remove_prefix(scheme + 3);
  }
  // The last '@' before the path: a password may hold one.
  const std::string_view authority = url.substr(0, url.find('/'));
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.remove_prefix(at + 1);
  }
  text += url.substr(0, kMaxShown);
  if (url.size() > kMaxShown) text += "...";
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) c = '?';
  }
  return text;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (unreserved(byte) || (keep_slash && c == '/')) {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

}  // namespace neurofs
