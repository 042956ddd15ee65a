// The plugins of every seam, gathered from their registries.
//
// Thread-safety: registries are fixed before main(). Pure apart from reading them.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace neurofs::tools {

struct PluginKind {
  std::string kind;                            // "stores"
  std::string used_by;                         // how a user chooses one
  std::map<std::string, std::string> plugins;  // name to description
};

std::vector<PluginKind> list_plugins();

}  // namespace neurofs::tools
