#include "fs/stored_selections.h"

#include <algorithm>
#include <new>

#include "core/base/checked.h"
#include "core/base/log.h"
#include "core/field/npy_header.h"
#include "core/lens/lens.h"

namespace neurofs {
namespace {

constexpr std::string_view kDirectory = ".neurofs-selections/";
constexpr std::chrono::seconds kTtl{1};
// As long as a look may take.
constexpr std::chrono::seconds kLongPatience{10};
// A whole number of elements of every type.
constexpr size_t kPiece = size_t{1} << 20;

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

// In pieces, so that what is decoded is not in memory as a whole beside the file and the rows.
Result<std::vector<Index>> rows_of(const FieldSpec& spec, Bytes stored) {
  NF_ASSIGN(const Lens to_index, Lens::parse("i64", spec.dtype, nlohmann::json::object()));
  const size_t item = item_size(spec.dtype);
  std::vector<Index> rows(stored.size() / item);
  ByteVector piece(std::min(kPiece, stored.size()));
  for (size_t at = 0; at < stored.size(); at += kPiece) {
    const Bytes from = stored.subspan(at, std::min(kPiece, stored.size() - at));
    const MutableBytes elements = MutableBytes(piece).first(from.size());
    std::copy(from.begin(), from.end(), elements.begin());
    NF_TRY(spec.codecs.decode_raw_part(elements, elements));
    to_index.apply(std::as_writable_bytes(std::span(rows).subspan(at / item)).data(),
                   elements.data(), from.size() / item);
  }
  return rows;
}

// Whether a failure says nothing of what is stored, so that it may be as it was.
bool is_silence(const Status& failure) {
  return failure.code() == Code::kIoError || failure.code() == Code::kTimeout ||
         failure.code() == Code::kInterrupted || failure.code() == Code::kNoMemory;
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
  NF_ASSIGN(std::vector<Index> rows, rows_of(spec, file.subspan(spec.object_offset, spec.size())));
  return make_selection(std::move(rows), neurons, spec.dtype == DataType::kUint64);
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

// `known` is of `*version`, and is told again where the store has no other. Once it says that it has, or that it has
// none, the look knows nothing, for those who do not wait for its end.
StoredSelections::Found StoredSelections::load(const std::string& name, Look* look,
                                               const std::shared_ptr<const Selection>& known,
                                               std::string* version) {
  const std::string key = prefix_ + name + ".npy";
  NF_ASSIGN(const ObjectInfo info, store_.stat(key));
  if (info.exists && known && !info.version.empty() && info.version == *version) return known;
  if (!info.exists || info.version != *version) drop_known(look);
  if (!info.exists) {
    return not_found("the field has no selection \"" + name +
                     "\": `neurofs selection list` shows those it has, `add` stores one");
  }
  *version = info.version;
  NF_ASSIGN(auto loaded, load_selection(store_, key, spec_.neuron_count()));
  // Two of the same rows are one: less memory, and no rows to compare where it is used.
  return known && loaded->hash == known->hash && loaded->rows == known->rows ? known
                                                                             : std::move(loaded);
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
    found = load(name, look.get(), known, &version);
  } catch (const std::bad_alloc&) {
  }
  if (!found.ok() && is_silence(found.status()) && known && is_known(*look)) {
    log_warning("a selection stays as it was: " + found.status().message());
    found = std::move(known);
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

void StoredSelections::drop_known(Look* look) {
  const std::lock_guard lock(mutex_);
  look->known.reset();
}

bool StoredSelections::is_known(const Look& look) {
  const std::lock_guard lock(mutex_);
  return !look.known.expired();
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
  ++look->waiting;
  const bool is_long = look->running && look->known.expired() && looks_.begin_long_wait();
  look_ended_.wait_until(
      lock, look->began + (is_long ? std::chrono::milliseconds(kLongPatience) : kSelectionPatience),
      [&look] { return !look->running; });
  if (is_long) looks_.end_long_wait();
  --look->waiting;
  auto selection = look->known.lock();
  if (look->waiting == 0) look->fresh.reset();
  if (selection) return selection;
  if (look->running) {
    return Status(Code::kTimeout, "the selection \"" + text + "\" is still being read: try again");
  }
  NF_TRY(look->status);
  return Status(Code::kTimeout, "the selection \"" + text + "\" changes: try again");
}

}  // namespace neurofs
