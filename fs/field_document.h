// What a field tells about itself: .neurofs/field.json and the extended attributes.
//
// Purpose: one description, shown twice. Pure, thread-safe. Values are text as a shell would want
// it: "86000000000,1000", "float32", JSON for what has structure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry/region.h"
#include "fs/field_files.h"

namespace neurofs {

inline constexpr std::string_view kXattrPrefix = "user.neurofs.";
inline constexpr size_t kMaxXattrName = 255;
inline constexpr size_t kMaxXattrValue = 65536;

// Everything an application may want to know: shape, types, layout, attributes, files and, for
// views that cannot show the field, why.
nlohmann::json field_document(const FieldFiles& files, std::string_view url, std::string_view path);

// The node whose attributes are asked for: a field's directory or a file of it.
struct XattrSubject {
  const FieldFiles& files;
  std::string_view url;
  std::optional<Index> neuron;
  const Region* region = nullptr;
};

// Full names, "user.neurofs.shape" and so on; every field attribute NAME as
// "user.neurofs.attr.NAME".
std::vector<std::string> xattr_names(const XattrSubject& subject);

// Nothing when there is no such attribute.
std::optional<std::string> xattr_value(const XattrSubject& subject, std::string_view name);

}  // namespace neurofs
