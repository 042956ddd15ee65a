// import_field:
//   plan     the new zarr.json and who the source is; begin or resume the journal
//   run      threads take tasks (stored objects) in order: read a piece through an engine, write it
//   mark     every kSyncBytes, what is finished is made durable and then marked in the journal
//   publish  zarr.json, when every task is done
#include "core/engine/importer.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <limits>
#include <mutex>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <thread>

#include "core/base/checked.h"
#include "core/engine/field.h"
#include "core/engine/field_sink.h"
#include "core/engine/import_fill.h"
#include "core/engine/import_journal.h"
#include "core/engine/shard_writer.h"
#include "core/engine/write_lock.h"
#include "core/field/chunk_key.h"
#include "core/field/zarr3_metadata.h"
#include "core/geometry/box.h"

namespace neurofs {
namespace {

using nlohmann::json;

constexpr Index kMaxTasks = Index{1} << 26;
constexpr uint64_t kSyncBytes = uint64_t{256} << 20;
constexpr uint64_t kMaxPiece = uint64_t{64} << 20;
constexpr uint64_t kStreamPiece = uint64_t{16} << 20;
constexpr uint64_t kStreamHeld = uint64_t{48} << 20;  // by a store that is sent a shard in pieces
constexpr uint64_t kLeastMemory = uint64_t{512} << 20;

CreateOptions destination_of(const FieldSpec& source, const ImportOptions& options) {
  CreateOptions create = options.create;
  create.shape = source.shape;
  create.dtype = source.dtype;
  if (!options.keep_metadata) return create;
  create.fill_value = fill_value_json(source.fill, source.dtype);
  create.attributes = source.attributes;
  create.attributes.update(options.create.attributes);
  if (create.dimension_names.empty()) create.dimension_names = source.dimension_names;
  return create;
}

// What must be the same for a resumed import to go on: where the source is, what it is, and the
// version of its first object.
Result<json> identity_of(StoredField& source) {
  const FieldSpec& spec = source.spec();
  json identity = {{"url", source.url()},
                   {"format", spec.format},
                   {"shape", std::vector<Index>(spec.shape.begin(), spec.shape.end())},
                   {"data_type", zarr_name(spec.dtype)},
                   {"codecs", spec.codecs_json}};
  if (std::ranges::count(spec.shape, 0) > 0) return identity;
  ChunkQuery first{.chunk = Dims(spec.shape.size(), 0), .place = {}};
  source.locate({&first, 1});
  if (first.place.kind == ChunkPlace::Kind::kError) return first.place.status;
  if (first.place.kind == ChunkPlace::Kind::kMissing) return identity;
  NF_ASSIGN(const ObjectInfo info, source.store().stat(first.place.key));
  identity["size"] = info.size;
  identity["version"] = info.version;
  return identity;
}

Dims object_grid(const FieldSpec& spec) {
  Dims grid;
  for (size_t axis = 0; axis < spec.shape.size(); ++axis) {
    grid.push_back(ceil_div(spec.shape[axis], spec.outer_chunk_shape()[axis]));
  }
  return grid;
}

Region region_of(const Box& box) {
  Region region;
  for (size_t axis = 0; axis < box.lo.size(); ++axis) {
    region.axes.push_back({.start = box.lo[axis], .count = box.shape[axis]});
  }
  return region;
}

uint64_t bytes_of(const Dims& shape, DataType dtype) {
  uint64_t bytes = item_size(dtype);
  for (const Index n : shape) bytes *= static_cast<uint64_t>(n);
  return bytes;
}

// The machine's memory, or less where a control group limits it.
uint64_t usable_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  uint64_t bytes = std::numeric_limits<uint64_t>::max();
  if (pages > 0) bytes = static_cast<uint64_t>(pages) * static_cast<uint64_t>(getpagesize());
  for (const char* limit :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    uint64_t group = 0;
    if (std::ifstream(limit) >> group) bytes = std::min(bytes, group);
  }
  return bytes;
}

// The engine that reads the source has a quarter of the memory, the tasks the rest.
uint64_t engine_part(uint64_t memory) {
  return memory / 4;
}

class Import {
 public:
  Import(const ImportOptions& options, FieldSink& sink, ObjectStore& store, ImportJournal& journal,
         const WriteLock& lock)
      : options_(options),
        sink_(sink),
        spec_(sink.spec()),
        journal_(journal),
        lock_(lock),
        grid_(object_grid(spec_)),
        in_place_(ShardWriter::applies(spec_, store)),
        streams_(!in_place_ && ShardStream::applies(spec_, store)),
        memory_(options.memory_bytes > 0 ? options.memory_bytes : enough_memory()) {}

  Status run(const std::shared_ptr<StoredField>& source, size_t tasks);

 private:
  unsigned threads_wanted() const;
  unsigned threads_in_memory() const;
  uint64_t bytes_per_task() const;
  uint64_t enough_memory() const;
  void work();
  Dims grid_place(size_t task) const;
  Box box_of(size_t task) const;
  Index rows_per_piece(const Box& box) const;
  Status import_task(size_t task, ByteVector* buffer);
  Status report(uint64_t bytes);
  Status finished(size_t task, uint64_t bytes);
  Status mark_finished();  // with mutex_ held
  void fail(const Status& status);

  const ImportOptions& options_;
  FieldSink& sink_;
  const FieldSpec& spec_;
  ImportJournal& journal_;
  const WriteLock& lock_;
  const Dims grid_;
  const bool in_place_;
  const bool streams_;
  const uint64_t memory_;
  std::shared_ptr<Field> field_;
  size_t tasks_ = 0;
  unsigned threads_ = 1;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  Status status_;                 // guarded by mutex_: the first failure
  ImportProgress progress_;       // guarded by mutex_
  std::vector<size_t> unmarked_;  // guarded by mutex_
  uint64_t unmarked_bytes_ = 0;   // guarded by mutex_
};

// Of the task's object.
Dims Import::grid_place(size_t task) const {
  Dims place(grid_.size());
  auto rest = static_cast<Index>(task);
  for (size_t axis = grid_.size(); axis-- > 0;) {
    place[axis] = rest % grid_[axis];
    rest /= grid_[axis];
  }
  return place;
}

Box Import::box_of(size_t task) const {
  Box box{.lo = grid_place(task), .shape = spec_.outer_chunk_shape()};
  for (size_t axis = 0; axis < grid_.size(); ++axis) box.lo[axis] *= box.shape[axis];
  return intersect(box, {.lo = Dims(grid_.size(), 0), .shape = spec_.shape});
}

// A shard that is written in place, or sent in pieces, comes in whole rows of chunks; others come at once.
Index Import::rows_per_piece(const Box& box) const {
  if (box.shape.empty()) return 1;
  if (!in_place_ && !streams_) return box.shape[0];
  const Index chunk_rows = sink_.entry_shape()[0];
  Dims row = box.shape;
  row[0] = std::min(chunk_rows, box.shape[0]);
  const uint64_t limit = streams_ ? kStreamPiece : std::min(kMaxPiece, memory_ / (4 * threads_));
  const auto rows = static_cast<Index>(limit / bytes_of(row, spec_.dtype));
  return std::min(box.shape[0], std::max<Index>(rows, 1) * chunk_rows);
}

unsigned Import::threads_wanted() const {
  return std::max(1u,
                  options_.threads > 0 ? options_.threads : std::thread::hardware_concurrency());
}

// What a task holds at once: the elements, the encoded chunks and the object of them.
uint64_t Import::bytes_per_task() const {
  Dims shape = spec_.outer_chunk_shape();
  if (streams_ && !shape.empty()) shape[0] = sink_.entry_shape()[0];
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    shape[axis] = std::min(shape[axis], spec_.shape[axis]);
  }
  const uint64_t bytes = bytes_of(shape, spec_.dtype);
  return streams_ ? std::max(bytes, kStreamPiece) + kStreamHeld : 3 * bytes;
}

// A shard that is written in place comes in pieces, which shrink with the memory.
uint64_t Import::enough_memory() const {
  uint64_t tasks = 0;
  uint64_t all = 0;
  if (in_place_) return kLeastMemory;
  if (!checked_mul(bytes_per_task(), uint64_t{threads_wanted()}, &tasks) ||
      !checked_add(tasks, tasks / 3 + 3, &all)) {
    all = std::numeric_limits<uint64_t>::max();
  }
  return std::max(kLeastMemory, std::min(all, usable_memory() / 2));
}

unsigned Import::threads_in_memory() const {
  if (in_place_) return std::numeric_limits<unsigned>::max();
  const uint64_t fit = (memory_ - engine_part(memory_)) / std::max<uint64_t>(bytes_per_task(), 1);
  return static_cast<unsigned>(std::clamp<uint64_t>(fit, 1, 1024));
}

Status Import::import_task(size_t task, ByteVector* buffer) {
  const Box box = box_of(task);
  const Index rows = rows_per_piece(box);
  const Index end = box.shape.empty() ? 1 : box.shape[0];
  std::optional<ShardStream> stream;
  if (streams_) stream.emplace(sink_.stream(grid_place(task)));
  for (Index row = 0; row < end && !stop_; row += rows) {
    Box piece = box;
    if (!piece.shape.empty()) {
      piece.lo[0] += row;
      piece.shape[0] = std::min(rows, end - row);
    }
    const Region region = region_of(piece);
    const RegionReader reader(field_, region);
    buffer->resize(reader.size());
    NF_TRY(reader.read(0, *buffer, /*stream=*/task));
    NF_TRY(stream ? stream->add(region, *buffer) : sink_.write(region, *buffer));
    NF_TRY(report(buffer->size()));
  }
  if (stop_) return {};
  if (stream) NF_TRY(stream->finish());
  return finished(task, bytes_of(box.shape, spec_.dtype));
}

Status Import::report(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  progress_.done_bytes += bytes;
  if (!options_.progress || options_.progress(progress_)) return {};
  return Status(Code::kInterrupted, "the import was stopped; the same command goes on with it");
}

Status Import::finished(size_t task, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  unmarked_.push_back(task);
  unmarked_bytes_ += bytes;
  return unmarked_bytes_ < kSyncBytes ? Status() : mark_finished();
}

Status Import::mark_finished() {
  NF_TRY(lock_.sync());
  NF_TRY(journal_.mark(unmarked_));
  unmarked_.clear();
  unmarked_bytes_ = 0;
  return {};
}

void Import::fail(const Status& status) {
  stop_ = true;
  const std::lock_guard lock(mutex_);
  if (status_.ok()) status_ = status;
}

void Import::work() {
  ByteVector buffer;
  while (!stop_) {
    const size_t task = next_++;
    if (task >= tasks_) return;
    if (journal_.is_done(task)) continue;
    try {
      if (const Status status = import_task(task, &buffer); !status.ok()) fail(status);
    } catch (const std::bad_alloc&) {
      fail(no_memory("the system has no memory left for the import; use fewer threads"));
    }
  }
}

Status Import::run(const std::shared_ptr<StoredField>& source, size_t tasks) {
  EngineOptions engine_options;
  engine_options.ram_bytes = std::max(engine_part(memory_), uint64_t{64} << 20);
  engine_options.predictor = "none";
  NF_ASSIGN(const auto engine, Engine::create(engine_options));
  NF_ASSIGN(field_, engine->attach(source));
  tasks_ = tasks;
  progress_.total_bytes = spec_.size();
  size_t left = 0;
  for (size_t task = 0; task < tasks; ++task) {
    if (!journal_.is_done(task)) {
      ++left;
    } else {
      progress_.resumed_bytes += bytes_of(box_of(task).shape, spec_.dtype);
    }
  }
  progress_.done_bytes = progress_.resumed_bytes;
  if (left == 0) return {};
  progress_.threads_wanted = static_cast<unsigned>(std::min<size_t>(threads_wanted(), left));
  threads_ = std::min(progress_.threads_wanted, threads_in_memory());
  progress_.threads = threads_;
  std::vector<std::thread> others;
  others.reserve(threads_);
  try {
    for (unsigned i = 1; i < threads_; ++i) others.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // A limit on threads: those that there are do the work.
  }
  work();
  for (std::thread& thread : others) thread.join();
  const std::lock_guard lock(mutex_);
  const Status marked = mark_finished();
  return status_.ok() ? marked : status_;
}

Status refuse_existing(ObjectStore& store, std::string_view path) {
  const std::string key = join_key(path, "zarr.json");
  NF_ASSIGN(const ObjectInfo field, store.stat(key));
  if (!field.exists) return {};
  // An import that ended between its last two steps is finished by repeating it.
  NF_ASSIGN(const ObjectInfo plan, store.stat(join_key(path, ".neurofs-import/plan.json")));
  if (plan.exists) return {};
  return Status(Code::kExists, store.url() + ": " + key + " exists already; choose another place");
}

std::string url_of(const ObjectStore& store, std::string_view path) {
  return path.empty() ? store.url() : store.url() + "/" + std::string(path);
}

}  // namespace

Status import_field(const std::shared_ptr<StoredField>& source,
                    const std::shared_ptr<ObjectStore>& store, std::string_view path,
                    const ImportOptions& options) {
  NF_TRY(refuse_existing(*store, path));
  NF_ASSIGN(const json document, make_zarr3_metadata(destination_of(source->spec(), options)));
  NF_ASSIGN(FieldSpec spec, parse_zarr3_array(document));
  NF_ASSIGN(json identity, identity_of(*source));
  NF_ASSIGN(const Index tasks, element_count(object_grid(spec)));
  if (tasks > kMaxTasks) {
    return invalid_argument("the new field would have " + std::to_string(tasks) +
                            " objects; choose larger shards");
  }
  const json plan = {{"source", std::move(identity)}, {"zarr.json", document}};
  NF_ASSIGN(ImportJournal journal,
            ImportJournal::open(*store, path, plan, static_cast<size_t>(tasks)));
  WriteLock lock;
  NF_TRY(lock.take(url_of(*store, path)));
  FieldSink sink(store, path, std::move(spec));
  NF_TRY(Import(options, sink, *store, journal, lock).run(source, static_cast<size_t>(tasks)));
  return journal.finish(document.dump(2) + '\n');
}

}  // namespace neurofs
