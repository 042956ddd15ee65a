#include "mount-tools/plugin_list.h"

#include <fmt/format.h>

#include "core/cache/eviction_policy.h"
#include "core/codec/codec.h"
#include "core/geometry/data_type.h"
#include "core/lens/lens_step.h"
#include "core/prefetch/predictor.h"
#include "core/storage/object_store.h"
#include "fs/view.h"

namespace neurofs::tools {
namespace {

// What a user can set, by kind and name. Codecs: keys of the Zarr configuration, and the short form.
std::string options_of(std::string_view kind, std::string_view name) {
  constexpr struct {
    std::string_view kind, name, options;
  } kOptions[] = {
      {"stores", "file", "mount --no-io-uring"},
      {"codecs", "blosc", "cname, clevel, shuffle, typesize, blocksize; --codec blosc:lz4:5"},
      {"codecs", "bytes", "endian"},
      {"codecs", "crc32c", "--codec crc32c"},
      {"codecs", "delta", "dtype, astype"},
      {"codecs", "gzip", "level; --codec gzip:5"},
      {"codecs", "lz4", "acceleration"},
      {"codecs", "sharding_indexed",
       "chunk_shape, codecs, index_codecs, index_location; --chunks with --shards"},
      {"codecs", "shuffle", "elementsize"},
      {"codecs", "transpose", "order"},
      {"codecs", "zlib", "level"},
      {"codecs", "zstd", "level, checksum; --codec zstd:3"},
      {"policies", "adaptive", "mount --ram, --gpu-mem"},
      {"policies", "lirs", "mount --ram, --gpu-mem"},
      {"policies", "lru", "mount --ram, --gpu-mem"},
      {"policies", "s3fifo", "mount --ram, --gpu-mem"},
      {"policies", "wtinylfu", "mount --ram, --gpu-mem"},
      {"predictors", "adaptive", "mount --prefetch, --learn-dir"},
      {"predictors", "stride", "mount --prefetch"},
  };
  for (const auto& row : kOptions) {
    if (row.kind == kind && row.name == name) return std::string(row.options);
  }
  return "";
}

void add(PluginKind& kind, const std::string& name, const std::string& description) {
  kind.plugins.emplace(name, PluginText{description, options_of(kind.kind, name)});
}

// "@clip=LEAST:GREATEST" of a step that takes values.
std::string lens_step_usage(const std::string& name, const LensStepKind& kind) {
  if (kind.values.empty()) return "";
  std::string usage = "@" + name;
  for (size_t i = 0; i < kind.values.size(); ++i) {
    usage += (i == 0 ? "=" : ":") + std::string(kind.values[i]);
  }
  return usage;
}

template <typename RegistryType>
void add_all(PluginKind& kind) {
  for (const auto& [name, plugin] : RegistryType::instance().all()) {
    add(kind, name, plugin.description);
  }
}

}  // namespace

std::vector<PluginKind> list_plugins() {
  PluginKind stores{"stores", "SOURCE of mount and import: SCHEME://...", {}};
  add_all<StoreRegistry>(stores);
  PluginKind codecs{"codecs", "a field's metadata; --codec of create and import", {}};
  add_all<ArrayToArrayRegistry>(codecs);
  add_all<ArrayToBytesRegistry>(codecs);
  add_all<BytesToBytesRegistry>(codecs);
  add(codecs, "transpose", "permutes axes; read by strides, never executed");
  PluginKind types{"dtypes", "--dtype of create and import", {}};
  for (int i = 0; i < kDataTypeCount; ++i) {
    const auto type = static_cast<DataType>(i);
    add(types, std::string(zarr_name(type)),
        fmt::format("bytes of an element: {}", item_size(type)));
  }
  PluginKind policies{"policies", "mount --policy", {}};
  add_all<PolicyRegistry>(policies);
  PluginKind predictors{"predictors", "mount --predictor", {}};
  add_all<PredictorRegistry>(predictors);
  PluginKind views{"views", "the extension of a file name", {}};
  add_all<ViewRegistry>(views);
  PluginKind lenses{"lenses", "steps of a directory @STEP,STEP; --activation of create", {}};
  for (const auto& [name, plugin] : LensStepRegistry::instance().all()) {
    add(lenses, name, plugin.description);
    lenses.plugins[name].options = lens_step_usage(name, plugin.factory);
  }
  PluginKind orders{"orders", "a directory @ORDER, before or after lenses", {}};
  orders.plugins["shuffle"] = {"all neurons, shuffled by a seed",
                               "@shuffle=SEED[,block=B[,buffer=K]][,rank=R,world=W]"};
  orders.plugins["take"] = {"neurons of a list that `neurofs selection` stored",
                            "@take=NAME[,rank=R,world=W]"};
  return {stores, codecs, types, policies, predictors, views, lenses, orders};
}

}  // namespace neurofs::tools
