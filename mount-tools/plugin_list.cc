#include "mount-tools/plugin_list.h"

#include "core/cache/eviction_policy.h"
#include "core/codec/codec.h"
#include "core/prefetch/predictor.h"
#include "core/storage/object_store.h"
#include "fs/view.h"

namespace neurofs::tools {
namespace {

template <typename RegistryType>
void add_all(std::map<std::string, std::string>& plugins) {
  for (const auto& [name, plugin] : RegistryType::instance().all()) {
    plugins.emplace(name, plugin.description);
  }
}

}  // namespace

std::vector<PluginKind> list_plugins() {
  PluginKind stores{"stores", "SOURCE of mount and import: SCHEME://...", {}};
  add_all<StoreRegistry>(stores.plugins);
  PluginKind codecs{"codecs", "a field's metadata; --codec of create and import", {}};
  add_all<ArrayToBytesRegistry>(codecs.plugins);
  add_all<BytesToBytesRegistry>(codecs.plugins);
  codecs.plugins.emplace("transpose", "Permutes axes; read by strides, never executed");
  codecs.plugins.emplace("sharding_indexed", "Many chunks in one object, with an index");
  PluginKind policies{"policies", "mount --policy", {}};
  add_all<PolicyRegistry>(policies.plugins);
  PluginKind predictors{"predictors", "mount --predictor", {}};
  add_all<PredictorRegistry>(predictors.plugins);
  PluginKind views{"views", "the extension of a file name", {}};
  add_all<ViewRegistry>(views.plugins);
  return {stores, codecs, policies, predictors, views};
}

}  // namespace neurofs::tools
