// The plugins of every seam, gathered from their registries.
//
// Thread-safety: registries are fixed before main(). Pure apart from reading them.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace neurofs::tools {

struct PluginText {
  std::string description;
  std::string options;  // what can be set, where; empty: nothing
};

struct PluginKind {
  std::string kind;                           // "stores"
  std::string used_by;                        // how a user chooses one
  std::map<std::string, PluginText> plugins;  // by name
};

std::vector<PluginKind> list_plugins();

}  // namespace neurofs::tools
