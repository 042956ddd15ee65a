#include "fs/stored_selections.h"

#include <cstring>
#include <new>

#include "core/base/checked.h"
#include "core/field/npy_header.h"
#include "core/lens/lens.h"

namespace neurofs {
namespace {

constexpr std::string_view kDirectory = ".neurofs-selections/";
constexpr std::chrono::seconds kTtl{1};
// As long as a look may take; for so many at a time.
constexpr std::chrono::seconds kLongPatience{10};
constexpr size_t kMostPatient = 2;

Result<size_t> checked_size(const FieldSpec& spec, Bytes file) {
  const std::string_view type = zarr_name(spec.dtype);
  if (!type.starts_with("int") && !type.starts_with("uint")) {
    return corrupt("a selection lists neurons as integers, and this is an array of " +
                   std::string(type));
  }
  if (spec.shape.size() != 1) {
    return corrupt("a selection has one axis, and this array has the shape " +
                   to_string(spec.shape));
  }
  uint64_t end = 0;
  if (!checked_add(spec.object_offset, spec.size(), &end) || end > file.size()) {
    return corrupt("the array is cut short");
  }
  return static_cast<size_t>(spec.shape[0]);
}

}  // namespace

std::string selections_prefix(const FieldSpec& spec, std::string_view path) {
  if (spec.key_encoding.kind == KeyEncoding::Kind::kSingleObject) {
    return spec.object_key + std::string(kDirectory);
  }
  return (path.empty() ? "" : std::string(path) + "/") + std::string(kDirectory);
}

Result<std::shared_ptr<const Selection>> parse_selection(Bytes file, Index neurons) {
  NF_ASSIGN(const size_t offset, npy_data_offset(file));
  if (offset > file.size()) return corrupt("the .npy header is cut short");
  NF_ASSIGN(const FieldSpec spec, parse_npy_header(file.first(offset)));
  NF_ASSIGN(const size_t count, checked_size(spec, file));
  if (count > static_cast<size_t>(NeuronOrder::kMostTaken)) {
    return invalid_argument("a selection of " + std::to_string(count) +
                            " rows: " + std::to_string(NeuronOrder::kMostTaken) + " is the most");
  }
  const Bytes stored = file.subspan(spec.object_offset, spec.size());
  ByteVector elements(stored.begin(), stored.end());
  NF_TRY(spec.codecs.decode_raw_part(elements, elements));
  NF_ASSIGN(const Lens to_index, Lens::parse("i64", spec.dtype, nlohmann::json::object()));
  std::vector<Index> rows(count);
  // A uint64 past 2^63 becomes negative, and is no neuron either way.
  to_index.apply(std::as_writable_bytes(std::span(rows)).data(), elements.data(), count);
  return make_selection(std::move(rows), neurons);
}

Result<std::shared_ptr<const Selection>> load_selection(ObjectStore& store, std::string_view key,
                                                        Index neurons) {
  store.forget(key);  // `neurofs selection` replaces the file: an open one is of the old rows
  const auto bytes = read_all(store, key, kMostSelectionBytes);
  const std::string place = store.url() + "/" + std::string(key);
  if (!bytes.ok()) return bytes.status().with_context(place);
  auto selection = parse_selection(*bytes, neurons);
  if (!selection.ok()) return selection.status().with_context(place);
  return selection;
}

StoredSelections::StoredSelections(ObjectStore& store, const FieldSpec& spec, std::string_view path,
                                   RegionLooks& looks)
    : store_(store), spec_(spec), prefix_(selections_prefix(spec, path)), looks_(looks) {}

// `known` is of `*version`, and is told again where the store has no other.
StoredSelections::Found StoredSelections::load(const std::string& name,
                                               std::shared_ptr<const Selection> known,
                                               std::string* version) const {
  const std::string key = prefix_ + name + ".npy";
  NF_ASSIGN(const ObjectInfo info, store_.stat(key));
  if (!info.exists) {
    return not_found("the field has no selection \"" + name +
                     "\": `neurofs selection list` shows those it has, `add` stores one");
  }
  if (known && !info.version.empty() && info.version == *version) return known;
  *version = info.version;
  return load_selection(store_, key, spec_.neuron_count());
}

void StoredSelections::look(const std::string& name, const std::shared_ptr<Look>& look) {
  std::shared_ptr<const Selection> known;
  std::string version;
  {
    const std::lock_guard lock(mutex_);
    known = look->known.lock();
    version = look->version;
  }
  Found found = no_memory("no memory for the selection \"" + name + "\"");
  try {
    found = load(name, std::move(known), &version);
  } catch (const std::bad_alloc&) {
  }
  const std::lock_guard lock(mutex_);
  look->running = false;
  look->status = found.status();
  look->version = std::move(version);
  look->fresh = found.ok() ? *found : nullptr;
  look->known = look->fresh;
  // What nobody has waited for is kept for who asks again, the last of it alone.
  for (const auto& [other, its] : by_name_) {
    if (its != look && its->waiting == 0) its->fresh.reset();
  }
  look_ended_.notify_all();
}

// With mutex_ held, as the two below.
std::shared_ptr<StoredSelections::Look> StoredSelections::look_of(const std::string& name) {
  const auto known = by_name_.find(name);
  if (known != by_name_.end()) return known->second;
  if (by_name_.size() >= kMostSelections) {
    std::erase_if(by_name_, [](const auto& entry) {
      return !entry.second->running && entry.second->waiting == 0;
    });
  }
  return by_name_.emplace(name, std::make_shared<Look>()).first->second;
}

bool StoredSelections::is_current(const Look& look) const {
  return Clock::now() - look.began < kTtl && (!look.status.ok() || !look.known.expired());
}

Status StoredSelections::start(const std::string& name, const std::shared_ptr<Look>& look) {
  if (look->running || is_current(*look)) return {};
  look->began = Clock::now();
  look->running = looks_.submit([this, name, look] { this->look(name, look); });
  if (look->running) return {};
  look->began = {};
  return {Code::kTimeout, "too many names are being looked for: try again"};
}

Result<std::shared_ptr<const Selection>> StoredSelections::current(std::string_view name) {
  const std::string text(name);
  std::unique_lock lock(mutex_);
  const auto look = look_of(text);
  NF_TRY(start(text, look));
  const bool patient = look->running && patient_ < kMostPatient;
  if (patient) ++patient_;
  ++look->waiting;
  look_ended_.wait_for(lock,
                       patient ? std::chrono::milliseconds(kLongPatience) : kSelectionPatience,
                       [&look] { return !look->running; });
  --look->waiting;
  if (patient) --patient_;
  auto selection = look->known.lock();
  if (look->waiting == 0) look->fresh.reset();
  if (look->running) {
    return Status(Code::kTimeout, "the selection \"" + text + "\" is still being read: try again");
  }
  NF_TRY(look->status);
  if (!selection)
    return Status(Code::kTimeout, "the selection \"" + text + "\" changes: try again");
  return selection;
}

}  // namespace neurofs
