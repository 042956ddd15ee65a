// RadosLocation: what rados://pool/prefix names, and what an object of a key is called there.
//
// An object's name is the key after the prefix and a '/', as other tools would write it; the prefix may be
// empty. Pure; any thread. Errors: kInvalidArgument for a URL without a pool, or with a prefix that is no key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace neurofs {

struct RadosLocation {
  std::string pool;
  std::string prefix;  // without '/' at its ends

  std::string url() const;
  std::string object_name(std::string_view key) const;
};

Result<RadosLocation> parse_rados_url(std::string_view url);

// The version of an object: the number that RADOS counts its changes by, and when the last one was (a pool
// that is restored from elsewhere counts anew). "812-1764153600".
struct RadosVersion {
  uint64_t number = 0;
  int64_t modified_s = 0;

  std::string text() const;
  // Nothing for what text() did not write.
  static std::optional<RadosVersion> parse(std::string_view text);
  bool operator==(const RadosVersion&) const = default;
};

}  // namespace neurofs
