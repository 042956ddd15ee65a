// Names of nodes in a hierarchy: which may be shown as a directory.
//
// Pure; thread-safe. Source: Zarr v3 core "Node names", and what a directory entry may be.
#pragma once

#include <cstddef>
#include <string_view>

namespace neurofs {

// One plain path component of printable UTF-8, 255 bytes at most; neither "." nor "..", and not
// reserved ("__...").
bool is_node_name(std::string_view name);

// Names joined by '/', at most `max_depth` of them and no longer than a key may be.
bool is_node_path(std::string_view path, size_t max_depth);

}  // namespace neurofs
