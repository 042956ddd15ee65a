#include "core/field/json_member.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/codec/codec_config.h"

namespace neurofs {

using nlohmann::json;

Result<const json*> require(const json& object, const char* member) {
  const auto it = object.find(member);
  if (it == object.end()) return invalid_argument("has no member \"" + std::string(member) + "\"");
  return &*it;
}

Result<Index> read_index(const json& value, std::string_view member, Index min) {
  const std::string expected = "an integer from " + std::to_string(min) + " to 2^63 - 1";
  // A literal past 2^64 arrives as a float; so does one with a point or an exponent.
  if (value.is_number_float() && value.get<double>() >= 9223372036854775808.0) {
    return overflow(wrong_member(member, value, expected).message());
  }
  // Documents made by a program, rather than parsed, hold small numbers as signed ones.
  if (!value.is_number_integer()) return wrong_member(member, value, expected);
  if (!value.is_number_unsigned() && value.get<int64_t>() < 0) {
    return wrong_member(member, value, expected);
  }
  const auto number = value.get<uint64_t>();
  if (number > static_cast<uint64_t>(std::numeric_limits<Index>::max())) {
    return overflow(wrong_member(member, value, expected).message());
  }
  const auto index = static_cast<Index>(number);
  if (index < min) return wrong_member(member, value, expected);
  return index;
}

Result<Dims> read_dims(const json& value, std::string_view member, Index min) {
  if (!value.is_array()) return wrong_member(member, value, "a list of integers");
  if (value.size() > kMaxRank) {
    return unsupported(std::string(member) + " has " + std::to_string(value.size()) +
                       " axes; at most " + std::to_string(kMaxRank) + " are supported");
  }
  Dims dims;
  for (size_t i = 0; i < value.size(); ++i) {
    NF_ASSIGN(const Index n,
              read_index(value[i], std::string(member) + "[" + std::to_string(i) + "]", min));
    dims.push_back(n);
  }
  return dims;
}

Result<std::vector<std::string>> read_dimension_names(const json& value, size_t rank) {
  if (value.is_null()) return std::vector<std::string>{};
  const std::string expected = "a list of " + std::to_string(rank) + " strings or nulls";
  if (!value.is_array() || value.size() != rank) {
    return wrong_member("dimension_names", value, expected);
  }
  std::vector<std::string> names;
  for (const json& name : value) {
    if (!name.is_null() && !name.is_string()) {
      return wrong_member("dimension_names", value, expected);
    }
    names.push_back(name.is_null() ? std::string() : name.get<std::string>());
  }
  return names;
}

Result<NamedConfig> read_named_config(const json& value, std::string_view member) {
  static const json kEmpty = json::object();
  if (value.is_string()) return NamedConfig{value.get<std::string>(), &kEmpty};
  if (!value.is_object()) return wrong_member(member, value, "a name or an object with a name");
  const auto name = value.find("name");
  if (name == value.end() || !name->is_string()) {
    return wrong_member(member, value, "an object with a name");
  }
  NF_TRY(refuse_unknown_members(value, {"name", "configuration", "must_understand"})
             .with_context(member));
  const auto configuration = value.find("configuration");
  if (configuration == value.end()) return NamedConfig{name->get<std::string>(), &kEmpty};
  if (!configuration->is_object()) {
    return wrong_member(std::string(member) + ".configuration", *configuration, "an object");
  }
  return NamedConfig{name->get<std::string>(), &*configuration};
}

Status refuse_unknown_members(const json& object, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto flag = value.is_object() ? value.find("must_understand") : value.end();
    if (value.is_object() && flag != value.end() && flag->is_boolean() && !flag->get<bool>()) {
      continue;
    }
    return unsupported("member " + excerpt(name) +
                       " is an extension that this build does not know, and it does not say "
                       "{\"must_understand\": false}");
  }
  return {};
}

}  // namespace neurofs
