#include "core/storage/rados/rados_location.h"

#include <charconv>

#include "core/storage/key.h"

namespace neurofs {
namespace {

constexpr std::string_view kScheme = "rados://";

template <typename T>
bool parse_all(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string RadosLocation::url() const {
  return std::string(kScheme) + pool + (prefix.empty() ? "" : "/" + prefix);
}

std::string RadosLocation::object_name(std::string_view key) const {
  return prefix.empty() ? std::string(key) : prefix + "/" + std::string(key);
}

Result<RadosLocation> parse_rados_url(std::string_view url) {
  std::string_view rest = url;
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  const size_t slash = rest.find('/');
  const std::string_view pool = rest.substr(0, slash);
  std::string_view prefix = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (pool.empty() || pool.find('\0') != std::string_view::npos) {
    return invalid_argument("no pool in " + quote_key(url) + ": write rados://POOL/PREFIX");
  }
  if (pool.find('@') != std::string_view::npos) {
    return invalid_argument("a user in " + quote_key(url) +
                            ": users and their keys come from ceph.conf and its keyring");
  }
  if (const Status good = check_prefix(prefix); !good.ok()) {
    return good.with_context("the prefix in " + quote_key(url));
  }
  return RadosLocation{std::string(pool), std::string(prefix)};
}

std::string RadosVersion::text() const {
  return std::to_string(number) + "-" + std::to_string(modified_s);
}

std::optional<RadosVersion> RadosVersion::parse(std::string_view text) {
  RadosVersion version;
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos || !parse_all(text.substr(0, dash), version.number) ||
      !parse_all(text.substr(dash + 1), version.modified_s)) {
    return std::nullopt;
  }
  return version;
}

}  // namespace neurofs
