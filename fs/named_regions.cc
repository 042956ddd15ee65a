#include "fs/named_regions.h"

#include <new>
#include <nlohmann/json.hpp>

#include "core/base/log.h"
#include "core/geometry/region.h"
#include "fs/path_grammar.h"

namespace neurofs {
namespace {

constexpr std::string_view kSideFile = ".neurofs-regions.json";
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 20;
constexpr size_t kLookThreads = 2;
constexpr size_t kMostLooks = 1024;
constexpr std::chrono::seconds kLookTime{10};

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

RegionLooks::RegionLooks() : threads_(kLookThreads, kMostLooks) {}

RegionLooks::~RegionLooks() {
  cancellation_.cancel();
}

bool RegionLooks::submit(std::function<void()> look) {
  return threads_.try_submit([this, look = std::move(look)] {
    const ReadScope scope(&cancellation_, ReadScope::Clock::now() + kLookTime);
    look();
  });
}

bool RegionLooks::begin_long_wait() {
  if (++long_waits_ <= most_long_waits_) return true;
  --long_waits_;
  return false;
}

NamedRegions::NamedRegions(ObjectStore& store, std::string key, const FieldSpec& spec,
                           int64_t modified_ns, RegionLooks& looks,
                           std::chrono::milliseconds patience)
    : store_(store),
      key_(std::move(key)),
      spec_(spec),
      looks_(looks),
      patience_(patience),
      modified_ns_(modified_ns),
      looked_at_(Clock::now() - kNamedRegionsTtl) {
  size_t dropped = 0;  // said when the first look has ended
  names_ = std::make_shared<const RegionNames>(with_attributes({}, &dropped));
}

// `names` are of the side file, and win. What is no name of a region is dropped.
RegionNames NamedRegions::with_attributes(RegionNames names, size_t* dropped) const {
  const nlohmann::json* attribute = find_neurofs_attribute(spec_.attributes, "regions");
  if (attribute != nullptr && !attribute->is_null()) {
    if (auto more = names_of(*attribute); more.ok()) names.merge(*more);
  }
  const size_t found = names.size();
  std::erase_if(names, [this](const auto& entry) {
    return !check_region_name(entry.first, entry.second, spec_.shape).ok();
  });
  while (names.size() > kMaxNamedRegions) names.erase(std::prev(names.end()));
  *dropped = found - names.size();
  return names;
}

// Null when they are as they were.
std::shared_ptr<const RegionNames> NamedRegions::load(const RegionNames& old) const {
  auto side = load_region_names(store_, key_);
  if (!side.ok()) {
    log_warning("named regions stay as they were: " + side.status().message());
    return nullptr;
  }
  size_t dropped = 0;
  RegionNames names = with_attributes(std::move(side).value(), &dropped);
  if (names == old) return nullptr;
  if (dropped > 0) {
    log_warning(std::to_string(dropped) + " named regions are not shown: bad names or targets in " +
                store_.url() + "/" + key_);
  }
  return std::make_shared<const RegionNames>(std::move(names));
}

void NamedRegions::look() {
  std::shared_ptr<const RegionNames> old;
  {
    const std::lock_guard lock(mutex_);
    old = names_;
  }
  std::shared_ptr<const RegionNames> fresh;
  try {
    fresh = load(*old);
  } catch (const std::bad_alloc&) {
    log_warning("named regions stay as they were: out of memory");
  }
  take(std::move(fresh));
}

void NamedRegions::take(std::shared_ptr<const RegionNames> fresh) {
  const std::lock_guard lock(mutex_);
  if (fresh) {
    names_ = std::move(fresh);
    if (told_) modified_ns_ = unix_now_ns();
  }
  looking_ = false;
  look_ended_.notify_all();
}

std::shared_ptr<const RegionNames> NamedRegions::current() {
  std::unique_lock lock(mutex_);
  const auto now = Clock::now();
  if (!looking_ && now - looked_at_ >= kNamedRegionsTtl) {
    looked_at_ = now;
    looking_ = looks_.submit([this] { look(); });
  }
  look_ended_.wait_until(lock, looked_at_ + patience_, [this] { return !looking_; });
  told_ = true;
  return names_;
}

int64_t NamedRegions::modified_ns() {
  current();
  const std::lock_guard lock(mutex_);
  return modified_ns_;
}

}  // namespace neurofs
