#include "core/storage/rados/rados_store.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "core/base/cancellation.h"
#include "core/storage/key.h"
#include "core/storage/rados/rados_call.h"
#include "core/storage/rados/rados_errors.h"

namespace neurofs {
namespace {

using Clock = std::chrono::steady_clock;

// One listing looks at so many objects, which takes minutes already.
constexpr uint64_t kMaxListed = 10'000'000;

const Registration<StoreRegistry> kRados("rados",
                                         "objects in a Ceph pool, read without a gateway: "
                                         "rados://POOL/PREFIX",
                                         RadosStore::open);

}  // namespace

Result<std::shared_ptr<ObjectStore>> RadosStore::open(std::string_view url,
                                                      const StoreOptions& options) {
  NF_ASSIGN(RadosLocation location, parse_rados_url(url));
  NF_ASSIGN(auto cluster, RadosCluster::connect(location.pool, location.url(), options.remote));
  return std::shared_ptr<ObjectStore>(
      new RadosStore(std::move(location), std::move(cluster), options));
}

RadosStore::RadosStore(RadosLocation location, std::unique_ptr<RadosCluster> cluster,
                       const StoreOptions& options)
    : location_(std::move(location)),
      options_(options),
      cluster_(std::move(cluster)),
      transport_(*cluster_, location_),
      reader_(RemoteReader::create(transport_, location_.url(), options.remote, options.metrics)) {}

std::vector<std::pair<std::string, std::string>> RadosStore::describe() const {
  return {{"io", "librados"}};
}

// The objects of a deleted pool are not missing.
Status RadosStore::lost_or(int error, const std::string& doing) const {
  if (error == -ENOENT && !cluster_->has_pool()) {
    return io_error(doing + ": the pool '" + location_.pool + "' has been deleted");
  }
  return rados_error(error, doing);
}

Result<std::vector<ListEntry>> RadosStore::list(std::string_view prefix, size_t limit) {
  NF_TRY(check_prefix(prefix));
  std::vector<ListEntry> entries;
  if (limit == 0) return entries;
  std::string base = prefix.empty() ? location_.prefix : location_.object_name(prefix);
  if (!base.empty()) base += '/';
  const std::string doing = "listing " + quote_key(prefix) + " of " + url();
  const RadosLibrary& library = cluster_->library();
  rados_list_ctx_t objects = nullptr;
  int error = library.nobjects_list_open(cluster_->pool(), &objects);
  if (error < 0) return lost_or(error, doing);
  std::map<std::string, bool> children;
  error = collect(objects, base, limit, children);
  library.nobjects_list_close(objects);
  if (error == -E2BIG) {
    return io_error(doing + ": the pool holds more than " + std::to_string(kMaxListed) +
                    " objects, all of which a listing must go through; name the array itself, or "
                    "keep fields in a pool or namespace of their own");
  }
  // The end of a listing is ENOENT, as is a pool that is gone.
  if (error != -ENOENT || !cluster_->has_pool()) return lost_or(error, doing);
  for (const auto& [name, is_prefix] : children) entries.push_back({name, is_prefix});
  return entries;
}

// -ENOENT at the end. `children` never holds more than the `limit` first names.
int RadosStore::collect(rados_list_ctx_t objects, const std::string& base, size_t limit,
                        std::map<std::string, bool>& children) const {
  const ReadScope* const scope = ReadScope::current();
  auto deadline = Clock::now() + options_.remote.deadline;
  if (scope != nullptr) deadline = std::min(deadline, scope->deadline());
  for (uint64_t seen = 0; seen < kMaxListed; ++seen) {
    if (scope != nullptr && scope->cancelled()) return -ECANCELED;
    if (seen % 256 == 0 && Clock::now() >= deadline) return -ETIMEDOUT;
    const char* text = nullptr;
    size_t length = 0;
    const int error = cluster_->library().nobjects_list_next2(objects, &text, nullptr, nullptr,
                                                              &length, nullptr, nullptr);
    if (error < 0) return error;
    const std::string_view name(text, length);
    if (!name.starts_with(base)) continue;
    const std::string_view rest = name.substr(base.size());
    const size_t slash = rest.find('/');
    const std::string child(rest.substr(0, slash));
    if (!check_key(child).ok()) continue;  // of another writer, whose names are no keys
    children[child] |= slash != std::string_view::npos;
    if (children.size() > limit) children.erase(std::prev(children.end()));
  }
  return -E2BIG;
}

Status RadosStore::check_writable(std::string_view key) const {
  NF_TRY(check_key(key));
  if (options_.writable) return {};
  return {Code::kReadOnly, url() + " is open for reading; " + quote_key(key) + " is not changed"};
}

Status RadosStore::put(std::string_view key, Bytes bytes) {
  NF_TRY(check_writable(key));
  const std::string name = location_.object_name(key);
  const int error =
      run_rados(*cluster_, options_.remote.deadline, [&](rados_completion_t completion) {
        return cluster_->library().aio_write_full(cluster_->pool(), name.c_str(), completion,
                                                  reinterpret_cast<const char*>(bytes.data()),
                                                  bytes.size());
      });
  if (error >= 0) return {};
  return lost_or(error, "writing " + describe_read(url(), key, {0, bytes.size()}));
}

Status RadosStore::write_at(std::string_view key, uint64_t offset, Bytes bytes,
                            uint64_t /*min_size*/) {
  NF_TRY(check_writable(key));
  return unsupported("writing " + describe_read(url(), key, {offset, bytes.size()}) +
                     ": objects are replaced whole");
}

Status RadosStore::remove(std::string_view key) {
  NF_TRY(check_writable(key));
  const std::string name = location_.object_name(key);
  const int error =
      run_rados(*cluster_, options_.remote.deadline, [&](rados_completion_t completion) {
        return cluster_->library().aio_remove(cluster_->pool(), name.c_str(), completion);
      });
  if (error >= 0 || (error == -ENOENT && cluster_->has_pool())) return {};
  return lost_or(error, "removing " + quote_key(key) + " from " + url());
}

}  // namespace neurofs
