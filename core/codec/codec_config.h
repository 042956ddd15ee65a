// CodecConfig: reads the "configuration" of one codec, refusing what it does not understand.
//
// Purpose: metadata is hostile, and nlohmann-json converts silently (-1 to 2^64 - 1, 1.5 to 1), so
// every member passes a check of kind and range here. A missing or null configuration reads as an
// empty object, and a missing or null member as its default.
// Thread-safety: as a const reference. Ownership: borrows the JSON for its own life.
// Errors: kInvalidArgument and kUnsupported messages name the codec and the offending member.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace neurofs {

class CodecConfig {
 public:
  CodecConfig(std::string_view codec, const nlohmann::json& configuration)
      : codec_(codec), json_(configuration) {}

  // kInvalidArgument unless it is an object (or null); kUnsupported for a member not in `names`.
  Status allow_only(std::initializer_list<std::string_view> names) const;

  // An integer in [min, max].
  Result<int64_t> integer(const char* member, int64_t min, int64_t max, int64_t fallback) const;
  Result<bool> boolean(const char* member, bool fallback) const;
  Result<std::string> text(const char* member, std::string_view fallback) const;

  // The member's value, or null when it is absent or null.
  const nlohmann::json* find(const char* member) const;

  // kInvalidArgument "codec NAME: MEMBER is VALUE, not EXPECTED".
  Status wrong(const char* member, std::string_view expected) const;

 private:
  std::string_view codec_;
  const nlohmann::json& json_;
};

// A JSON value as text for a message, cut to a length that a log line bears.
std::string excerpt(const nlohmann::json& value);

// kInvalidArgument "MEMBER is VALUE, not EXPECTED".
Status wrong_member(std::string_view member, const nlohmann::json& value,
                    std::string_view expected);

}  // namespace neurofs
