#include "fs/named_regions.h"

#include <nlohmann/json.hpp>

#include "core/base/log.h"
#include "core/geometry/region.h"
#include "fs/path_grammar.h"

namespace neurofs {
namespace {

constexpr std::string_view kSideFile = ".neurofs-regions.json";
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 20;

int64_t unix_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Status check_region_name(std::string_view name, std::string_view target, const Dims& shape) {
  if (!is_region_alias(name) || name.size() > kMaxName - 16) {
    return invalid_argument("\"" + std::string(name.substr(0, 64)) +
                            "\" cannot name a region: use a letter, then letters, digits, _ - .");
  }
  const auto file = parse_file_name(target);
  if (!file) {
    return invalid_argument("\"" + std::string(target.substr(0, 64)) +
                            "\" is not a region with a view's extension, such as 0:10,5.npy");
  }
  return parse_region(file->stem, shape).status();
}

Result<RegionNames> names_of(const nlohmann::json& object) {
  if (!object.is_object()) return corrupt("named regions are not a JSON object of strings");
  RegionNames names;
  for (const auto& [name, target] : object.items()) {
    if (!target.is_string()) return corrupt("named region \"" + name + "\" is not a string");
    names.emplace(name, target.get<std::string>());
  }
  return names;
}

}  // namespace

std::string named_regions_key(const FieldSpec& spec, std::string_view path) {
  if (spec.key_encoding.kind == KeyEncoding::Kind::kSingleObject) {
    return spec.object_key + std::string(kSideFile);
  }
  return path.empty() ? std::string(kSideFile) : std::string(path) + "/" + std::string(kSideFile);
}

Result<RegionNames> parse_region_names(std::string_view text) {
  // Depth is bounded by the callback, so that hostile nesting costs nothing.
  const auto shallow = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    return depth <= 2;
  };
  const auto json = nlohmann::json::parse(text, shallow, false);
  if (json.is_discarded()) return corrupt("named regions are not JSON");
  return names_of(json);
}

std::string format_region_names(const RegionNames& names) {
  return nlohmann::json(names).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Status add_region_name(RegionNames* names, std::string_view name, std::string_view target,
                       const Dims& shape) {
  std::string full(target);
  if (!parse_file_name(full)) full += ".npy";
  NF_TRY(check_region_name(name, full, shape));
  if (names->size() >= kMaxNamedRegions && !names->contains(name)) {
    return invalid_argument("a field has at most 1000 named regions; remove one first");
  }
  names->insert_or_assign(std::string(name), std::move(full));
  return {};
}

Status remove_region_name(RegionNames* names, std::string_view name) {
  const auto it = names->find(name);
  if (it == names->end()) return not_found("no region is named \"" + std::string(name) + "\"");
  names->erase(it);
  return {};
}

Result<RegionNames> load_region_names(ObjectStore& store, std::string_view key) {
  store.forget(key);  // `neurofs region` replaces the file: an open one is of the old names
  const auto bytes = read_all(store, key, kMaxFileBytes);
  if (!bytes.ok()) {
    if (bytes.status().code() == Code::kNotFound) return RegionNames();
    return bytes.status();
  }
  auto names = parse_region_names({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (!names.ok()) return names.status().with_context(store.url() + "/" + std::string(key));
  return names;
}

NamedRegions::NamedRegions(ObjectStore& store, std::string key, const FieldSpec& spec,
                           int64_t modified_ns)
    : store_(store), key_(std::move(key)), spec_(spec), modified_ns_(modified_ns) {}

std::shared_ptr<const RegionNames> NamedRegions::load(
    const std::shared_ptr<const RegionNames>& old) const {
  auto side = load_region_names(store_, key_);
  RegionNames names;
  if (side.ok()) {
    names = std::move(side).value();
  } else {
    log_warning("named regions stay as they were: " + side.status().message());
    if (old) return old;
  }
  const nlohmann::json* attribute = find_neurofs_attribute(spec_.attributes, "regions");
  if (attribute != nullptr && !attribute->is_null()) {
    if (auto more = names_of(*attribute); more.ok()) names.merge(*more);
  }
  size_t dropped = 0;
  for (auto it = names.begin(); it != names.end();) {
    const bool bad = !check_region_name(it->first, it->second, spec_.shape).ok();
    dropped += bad ? 1 : 0;
    it = bad ? names.erase(it) : std::next(it);
  }
  while (names.size() > kMaxNamedRegions) {
    names.erase(std::prev(names.end()));
    ++dropped;
  }
  if (old && names == *old) return old;
  if (dropped > 0) {
    log_warning(std::to_string(dropped) + " named regions are not shown: bad names or targets in " +
                store_.url() + "/" + key_);
  }
  return std::make_shared<const RegionNames>(std::move(names));
}

std::shared_ptr<const RegionNames> NamedRegions::current() {
  std::unique_lock lock(mutex_);
  if (loading_) {
    // Without names yet, "no such name" could be untrue.
    first_look_ended_.wait(lock, [this] { return names_ != nullptr || !loading_; });
    if (names_) return names_;
  }
  const auto now = std::chrono::steady_clock::now();
  if (names_ && now - looked_at_ < kNamedRegionsTtl) return names_;
  loading_ = true;
  const auto old = names_;
  lock.unlock();
  std::shared_ptr<const RegionNames> fresh;
  try {
    fresh = load(old);  // I/O, outside the lock: others see the old names meanwhile
  } catch (...) {
    lock.lock();
    loading_ = false;
    first_look_ended_.notify_all();
    throw;
  }
  lock.lock();
  if (old && fresh != old) modified_ns_ = unix_now_ns();
  names_ = std::move(fresh);
  looked_at_ = now;
  loading_ = false;
  if (!old) first_look_ended_.notify_all();
  return names_;
}

int64_t NamedRegions::modified_ns() {
  current();
  const std::lock_guard lock(mutex_);
  return modified_ns_;
}

}  // namespace neurofs
