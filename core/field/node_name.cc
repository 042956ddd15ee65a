#include "core/field/node_name.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "core/storage/key.h"

namespace neurofs {

namespace {

bool is_utf8(std::string_view text) {
  try {
    // The library's serializer checks as it writes; there is no other check in it to call.
    (void)nlohmann::json(std::string(text)).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

}  // namespace

bool is_node_name(std::string_view name) {
  if (name.find('/') != std::string_view::npos || !check_key(name).ok()) return false;
  if (name.substr(0, 2) == "__") return false;
  return std::none_of(name.begin(), name.end(), is_control) && is_utf8(name);
}

bool is_node_path(std::string_view path, size_t max_depth) {
  if (!check_key(path).ok()) return false;
  size_t depth = 0;
  for (size_t begin = 0; begin <= path.size(); ++depth) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (depth == max_depth || !is_node_name(path.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace neurofs
