#include "core/codec/codec_config.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace neurofs {

namespace {

// False for anything that is not an integer which int64_t represents.
bool to_int64(const nlohmann::json& value, int64_t* out) {
  if (value.is_number_unsigned()) {
    const auto n = value.get<uint64_t>();
    if (n > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return false;
    *out = static_cast<int64_t>(n);
    return true;
  }
  if (!value.is_number_integer()) return false;
  *out = value.get<int64_t>();
  return true;
}

}  // namespace

std::string excerpt(const nlohmann::json& value) {
  constexpr size_t kLongest = 80;
  if (value.is_structured() && value.size() > kLongest) {
    return value.is_array() ? "a long list" : "a large object";
  }
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

Status wrong_member(std::string_view member, const nlohmann::json& value,
                    std::string_view expected) {
  return invalid_argument(std::string(member) + " is " + excerpt(value) + ", not " +
                          std::string(expected));
}

Status CodecConfig::allow_only(std::initializer_list<std::string_view> names) const {
  if (json_.is_null()) return {};
  if (!json_.is_object()) {
    return invalid_argument("codec " + std::string(codec_) + ": configuration is " +
                            excerpt(json_) + ", not an object");
  }
  for (auto it = json_.begin(); it != json_.end(); ++it) {
    if (std::find(names.begin(), names.end(), it.key()) == names.end()) {
      return unsupported("codec " + std::string(codec_) + ": unknown configuration member " +
                         excerpt(it.key()));
    }
  }
  return {};
}

const nlohmann::json* CodecConfig::find(const char* member) const {
  if (!json_.is_object()) return nullptr;
  const auto it = json_.find(member);
  return it == json_.end() || it->is_null() ? nullptr : &*it;
}

Status CodecConfig::wrong(const char* member, std::string_view expected) const {
  const nlohmann::json* value = find(member);
  return invalid_argument("codec " + std::string(codec_) + ": " + member + " is " +
                          (value ? excerpt(*value) : "missing") + ", not " + std::string(expected));
}

Result<int64_t> CodecConfig::integer(const char* member, int64_t min, int64_t max,
                                     int64_t fallback) const {
  const nlohmann::json* value = find(member);
  if (!value) return fallback;
  int64_t n = 0;
  if (!to_int64(*value, &n) || n < min || n > max) {
    return wrong(member, "an integer from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return n;
}

Result<bool> CodecConfig::boolean(const char* member, bool fallback) const {
  const nlohmann::json* value = find(member);
  if (!value) return fallback;
  if (!value->is_boolean()) return wrong(member, "true or false");
  return value->get<bool>();
}

Result<std::string> CodecConfig::text(const char* member, std::string_view fallback) const {
  const nlohmann::json* value = find(member);
  if (!value) return std::string(fallback);
  if (!value->is_string()) return wrong(member, "a string");
  return value->get<std::string>();
}

}  // namespace neurofs
