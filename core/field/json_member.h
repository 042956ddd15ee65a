// Reads members of metadata objects with checks of kind and range.
//
// Purpose: nlohmann-json converts silently (-1 to 2^64 - 1, 1.5 to 1), so no parser in this folder
// calls get<> on a number that it has not looked at; they come here.
// Pure; thread-safe. Errors: kInvalidArgument (wrong kind or value), kOverflow (past 2^63 - 1),
// kUnsupported (more than kMaxRank axes, unknown member), each naming the member and the value.
#pragma once

#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/codec/codec_config.h"
#include "core/geometry/shape.h"

namespace neurofs {

// The member, or kInvalidArgument "has no MEMBER".
Result<const nlohmann::json*> require(const nlohmann::json& object, const char* member);

// An integer in [min, 2^63).
Result<Index> read_index(const nlohmann::json& value, std::string_view member, Index min = 0);

// A list of such integers, at most kMaxRank.
Result<Dims> read_dims(const nlohmann::json& value, std::string_view member, Index min = 0);

// A list of exactly `rank` strings or nulls ("" for null); null as a whole reads as an empty list.
Result<std::vector<std::string>> read_dimension_names(const nlohmann::json& value, size_t rank);

// An extension point of Zarr v3: "name" or {"name": ..., "configuration": {...}}.
struct NamedConfig {
  std::string name;
  const nlohmann::json* configuration;  // an object, borrowed; an empty one when absent
};
Result<NamedConfig> read_named_config(const nlohmann::json& value, std::string_view member);

// kUnsupported for the first member that is neither in `known` nor an object that says
// {"must_understand": false}.
Status refuse_unknown_members(const nlohmann::json& object,
                              std::initializer_list<std::string_view> known);

}  // namespace neurofs
