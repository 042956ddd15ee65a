#include "fs/mount.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/log.h"
#include "core/field/hierarchy.h"
#include "core/storage/disk_cache/cached_store.h"
#include "fs/descriptor_limit.h"
#include "fs/file_system.h"
#include "fs/fuse_session.h"
#include "fs/mount_point.h"
#include "fs/source.h"

namespace neurofs {
namespace {

constexpr unsigned kLocalLooks = 10;
constexpr unsigned kRemoteLooks = 60;

std::string options_json(const MountOptions& options) {
  const nlohmann::json json = {{"ram_bytes", options.engine.ram_bytes},
                               {"policy", options.engine.policy},
                               {"predictor", options.engine.predictor},
                               {"threads", options.threads},
                               {"allow_other", options.allow_other},
                               {"direct_io", options.direct_io},
                               {"timeout_s", options.timeout_s},
                               {"read_ahead_kb", options.read_ahead_kb},
                               {"revalidate_s", options.revalidate_s.value_or(0)},
                               {"gpu_bytes", options.engine.gpu_bytes},
                               {"gpu_ids", options.engine.gpu_ids},
                               {"cache_dir", options.cache.directory},
                               {"cache_bytes", options.cache.bytes},
                               {"gpu_victim", options.engine.gpu_victim},
                               {"gpu_direct", options.engine.gpu_direct}};
  return json.dump();
}

// Local files need no cache of local files.
Result<std::shared_ptr<DiskCache>> add_cache(DiskCacheOptions options,
                                             const std::string& mountpoint, Metrics& metrics,
                                             Source* source) {
  if (!source->local_path.empty()) {
    log_warning("--cache-dir keeps data of remote stores; " + source->store->url() +
                " is local and is read directly");
    return std::shared_ptr<DiskCache>();
  }
  std::error_code error;
  const auto directory = std::filesystem::weakly_canonical(options.directory, error).string();
  if (error) return io_error("cache directory " + options.directory + ": " + error.message());
  NF_TRY(check_apart(directory, mountpoint, "cache directory"));
  options.metrics = &metrics;
  NF_ASSIGN(std::shared_ptr<DiskCache> cache, DiskCache::open(options));
  NF_ASSIGN(source->store, cached_store(source->store, cache));
  return cache;
}

Result<std::unique_ptr<FileSystem>> open_file_system(const std::string& name,
                                                     const std::string& mountpoint,
                                                     MountOptions& options, std::string* url) {
  NF_ASSIGN(std::shared_ptr<Engine> engine, Engine::create(options.engine));
  StoreOptions store_options = options.store;
  store_options.writable = false;
  store_options.metrics = &engine->metrics();
  NF_ASSIGN(Source source, open_source(name, store_options));
  options.settle(*source.store);
  if (!source.local_path.empty()) NF_TRY(check_apart(source.local_path, mountpoint));
  std::shared_ptr<DiskCache> cache;
  if (!options.cache.directory.empty()) {
    NF_ASSIGN(cache, add_cache(options.cache, mountpoint, engine->metrics(), &source));
  }
  FieldOptions field_options;
  field_options.metrics = &engine->metrics();
  NF_ASSIGN(Hierarchy hierarchy, open_hierarchy(source.store, source.path, field_options));
  *url = source.store->url();
  if (!source.path.empty()) *url += "/" + source.path;
  MountInfo info{.source = *url,
                 .mountpoint = mountpoint,
                 .version = options.version,
                 .mounted_at = std::time(nullptr),
                 .options_json = options_json(options)};
  return FileSystem::create({std::move(engine), std::move(source.store), std::move(hierarchy),
                             std::move(info), std::move(cache)});
}

Result<int> mount_and_serve(const std::string& source, const std::string& directory,
                            MountOptions options, const std::function<void()>& on_ready) {
  raise_descriptor_limit();
  NF_ASSIGN(const std::string mountpoint, prepare_mountpoint(directory, options.recover));
  std::string url;
  NF_ASSIGN(const auto fs, open_file_system(source, mountpoint, options, &url));
  // As it was given, so that mount(8) finds the line of /etc/fstab in the table of mounts; a URL
  // without its secrets.
  const bool is_path = source.find("://") == std::string::npos;
  const std::string shown = is_path ? std::filesystem::absolute(source).string() : url;
  return run_fuse_session(*fs, shown, mountpoint, options, on_ready);
}

}  // namespace

void MountOptions::settle(const ObjectStore& source) {
  const bool local = source.has_local_objects();
  if (!revalidate_s) revalidate_s = local ? kLocalLooks : kRemoteLooks;
  if (!local && *revalidate_s > 0) timeout_s = std::min<double>(timeout_s, *revalidate_s);
}

Result<int> run_mount(const std::string& source, const std::string& mountpoint,
                      const MountOptions& options, const std::function<void(Status)>& on_ready) {
  bool told = false;
  auto result = mount_and_serve(source, mountpoint, options, [&] {
    told = true;  // read again only after the telling thread has been joined
    on_ready({});
  });
  if (!told) {
    on_ready(result.ok() ? io_error("unmounted before the mount answered") : result.status());
  }
  return result;
}

}  // namespace neurofs
