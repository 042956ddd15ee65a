// locate() in pseudo-code:
//   repeat, at most once per shard level:
//     for each query that is not resolved: walk down the levels as far as indexes are known
//     read the indexes that stopped a query, all of them in one batch
#include "core/field/zarr_field.h"

#include <algorithm>
#include <mutex>
#include <span>
#include <unordered_map>

#include "core/field/chunk_key.h"
#include "core/field/index_flights.h"
#include "core/field/shard_grid.h"
#include "core/field/shard_index.h"
#include "core/field/shard_index_cache.h"

namespace neurofs {

namespace {

// Bytes of indexes that one call holds at a time; those of one chunk may have more.
constexpr uint64_t kMostIndexBytes = uint64_t{32} << 20;

// What one locate() learned about a shard; it outlives eviction and, for failures, is all that is
// kept of them.
struct LoadedShard {
  ShardIndexPtr index;  // null: does not exist, or `status` says why it could not be read
  Status status;
  bool pending = false;  // among the indexes to read, so that it is asked for once
};
using LoadedShards = std::unordered_map<ShardId, LoadedShard, ShardIdHash>;

// An index to read.
struct IndexRead {
  ShardId id;
  std::string key;
  ByteRange extent;     // of the shard in the object; for level 0 not known before it is read
  std::string version;  // of the object; for level 0 not known before it is read
  ByteVector bytes;
  ObjectInfo seen;
  MutableBytes dest;
};

class ZarrField final : public StoredField {
 public:
  ZarrField(std::shared_ptr<ObjectStore> store, std::string_view path, FieldSpec spec,
            const FieldOptions& options)
      : store_(std::move(store)),
        spec_(std::move(spec)),
        url_(store_->url()),
        prefix_(join_key(path, "")),
        grid_(spec_),
        cache_(options.index_cache_bytes, std::chrono::milliseconds(options.missing_ttl_ms)) {
    if (!path.empty()) url_ += (url_.ends_with('/') ? "" : "/") + std::string(path);
    if (spec_.key_encoding.kind == KeyEncoding::Kind::kSingleObject) {
      prefix_.clear();
    } else if (!prefix_.empty()) {
      prefix_ += '/';
    }
    if (options.metrics) {
      index_reads_ = &options.metrics->counter("shard_index_reads_total", "Shard indexes read");
    }
  }

  const FieldSpec& spec() const override { return spec_; }
  ObjectStore& store() const override { return *store_; }
  std::string url() const override { return url_; }
  void forget_indexes() override {
    cache_.clear();
    const std::lock_guard lock(single_mutex_);
    single_version_.clear();
  }

  // A slice at a time: each query may need an index per level, and those of a slice are all held.
  void locate(std::span<ChunkQuery> queries) override {
    if (spec_.key_encoding.kind == KeyEncoding::Kind::kSingleObject) return locate_single(queries);
    uint64_t indexes = 1;
    for (const ShardLevel& level : spec_.shards) indexes += level.index_size;
    const size_t most = std::max<uint64_t>(kMostIndexBytes / indexes, 1);
    while (!queries.empty()) {
      const auto slice = queries.first(std::min(most, queries.size()));
      locate_slice(slice);
      queries = queries.subspan(slice.size());
    }
  }

 private:
  void locate_single(std::span<ChunkQuery> queries) {
    const auto version = single_version();
    for (ChunkQuery& query : queries) {
      query.place = {};
      query.place.key = spec_.object_key;
      if (!grid_.contains(query.chunk)) {
        refuse(query);
      } else if (!version.ok()) {
        query.place.kind = ChunkPlace::Kind::kError;
        query.place.status = version.status();
      } else {
        query.place.kind = ChunkPlace::Kind::kRange;
        query.place.range = {spec_.object_offset, spec_.size()};
        query.place.version = *version;
      }
    }
  }

  // The version of the one object whose elements may be read. When it has changed, its head must
  // say what it said before: the elements of another array would be read as numbers of this one.
  Result<std::string> single_version() {
    const std::lock_guard lock(single_mutex_);
    if (!single_version_.empty()) return single_version_;
    ByteVector head(spec_.object_head.size());
    const MutableBytes dest(head);
    ObjectInfo seen;
    ReadOp op;
    op.key = spec_.object_key;
    op.range = {0, head.size()};
    op.dests = {&dest, 1};
    op.seen = &seen;
    store_->read({&op, 1});
    if (op.outcome == ReadOp::Outcome::kError) return op.status.with_context(url_);
    if (op.outcome == ReadOp::Outcome::kMissing) {
      return io_error(url_ + " is not there any longer; put it back, or unmount");
    }
    if (head != spec_.object_head || seen.size < spec_.object_offset + spec_.size()) {
      return Status(Code::kStale, url_ +
                                      " has been replaced by another array since it was opened; "
                                      "unmount and mount it again");
    }
    single_version_ = seen.version;
    return single_version_;
  }

  void refuse(ChunkQuery& query) const {
    query.place.kind = ChunkPlace::Kind::kError;
    query.place.status = invalid_argument(url_ + ": no chunk " + to_string(query.chunk) +
                                          " in an array of shape " + to_string(spec_.shape));
  }

  void locate_slice(std::span<ChunkQuery> queries) {
    LoadedShards loaded;
    // Each round settles one level for every query, so the last one finds nothing left to read.
    for (size_t round = 0; round <= grid_.levels(); ++round) {
      std::vector<IndexRead> wanted;
      for (ChunkQuery& query : queries) {
        // Resolved in an earlier round: only an unresolved query has an empty key and no status.
        if (round > 0 && (!query.place.key.empty() || !query.place.status.ok())) continue;
        resolve(query, &loaded, &wanted);
      }
      if (wanted.empty()) return;
      load(wanted, &loaded);
    }
  }

  std::string key_of(const Dims& chunk) const {
    return chunk_key(spec_, prefix_, grid_.object_of(chunk));
  }

  Status describe(const Status& status, const std::string& key) const {
    return status.with_context(url_ + ": shard '" + key + "'");
  }

  Status replaced(const std::string& key) const {
    return describe({Code::kStale, "its indexes are of two versions of the object"}, key);
  }

  // Leaves the place with an empty key and no status when an index has to be read first.
  void resolve(ChunkQuery& query, LoadedShards* loaded, std::vector<IndexRead>* wanted) const {
    query.place = {};
    ChunkPlace& place = query.place;
    if (!grid_.contains(query.chunk)) return refuse(query);
    if (grid_.levels() == 0) {
      place.kind = ChunkPlace::Kind::kWholeObject;
      place.key = key_of(query.chunk);
      return;
    }
    ByteRange extent;
    std::string_view version;
    for (size_t level = 0; level < grid_.levels(); ++level) {
      const ShardId id = grid_.shard_of(query.chunk, level);
      const LoadedShard* shard = find(id, loaded);
      if (!shard) return want(id, query.chunk, extent, version, loaded, wanted);
      if (!shard->index) return finish(query, *shard);
      // One level's index may have stayed in the cache while the other was read anew.
      if (level > 0 && shard->index->version() != version) {
        return finish(query, {nullptr, replaced(key_of(query.chunk)), false});
      }
      const size_t entry = grid_.entry_of(query.chunk, level);
      const ShardIndex::Entry where = shard->index->at(entry);
      if (where.kind == ShardIndex::EntryKind::kMissing) {
        place.version = shard->index->version();
        return finish(query, {});
      }
      if (where.kind == ShardIndex::EntryKind::kCorrupt) {
        return finish(
            query, {nullptr, describe(shard->index->explain(entry), key_of(query.chunk)), false});
      }
      extent = where.range;
      version = shard->index->version();
    }
    place.kind = ChunkPlace::Kind::kRange;
    place.range = extent;
    place.version = version;
    place.key = key_of(query.chunk);
  }

  // A missing chunk or a failure.
  void finish(ChunkQuery& query, const LoadedShard& shard) const {
    query.place.key = key_of(query.chunk);
    query.place.status = shard.status;
    query.place.kind = shard.status.ok() ? ChunkPlace::Kind::kMissing : ChunkPlace::Kind::kError;
  }

  // What is known of a shard; remembered for this call, since the next query is likely to ask for
  // the same one and the cache may be smaller than what one call needs.
  const LoadedShard* find(const ShardId& id, LoadedShards* loaded) const {
    const auto it = loaded->find(id);
    if (it != loaded->end()) return it->second.pending ? nullptr : &it->second;
    auto cached = cache_.find(id);
    if (!cached) return nullptr;
    return &loaded->emplace(id, LoadedShard{std::move(*cached), {}, false}).first->second;
  }

  void want(const ShardId& id, const Dims& chunk, ByteRange extent, std::string_view version,
            LoadedShards* loaded, std::vector<IndexRead>* wanted) const {
    if (!loaded->emplace(id, LoadedShard{nullptr, {}, true}).second) return;
    wanted->push_back({id, key_of(chunk), extent, std::string(version), {}, {}, {}});
  }

  // Each index is read by one reader, however many want it; those whose reader failed, or whose index the cache
  // did not keep, are read once more.
  void load(std::span<IndexRead> wanted, LoadedShards* loaded) {
    std::vector<IndexRead*> mine;
    std::vector<IndexRead*> others;
    mine.reserve(wanted.size());
    others.reserve(wanted.size());
    {
      const Landing landing(flights_, mine);
      for (IndexRead& read : wanted) (flights_.begin(read.id) ? mine : others).push_back(&read);
      // One that landed since it was looked for is there.
      std::vector<IndexRead*> unread;
      for (IndexRead* const read : mine) {
        if (!take_cached(*read, loaded)) unread.push_back(read);
      }
      read_indexes(unread, loaded);
    }
    std::vector<IndexRead*> again;
    for (IndexRead* const read : others) {
      if (const Status status = flights_.wait(read->id); !status.ok()) {
        (*loaded)[read->id] = {nullptr, describe(status, read->key), false};
      } else if (!take_cached(*read, loaded)) {
        again.push_back(read);
      }
    }
    read_indexes(again, loaded);
  }

  bool take_cached(const IndexRead& read, LoadedShards* loaded) const {
    auto cached = cache_.find(read.id);
    if (cached) (*loaded)[read.id] = {std::move(*cached), {}, false};
    return cached.has_value();
  }

  // Lands what a reader took, whatever happens.
  class Landing {
   public:
    Landing(IndexFlights& flights, const std::vector<IndexRead*>& reads)
        : flights_(flights), reads_(reads) {}
    ~Landing() {
      for (const IndexRead* const read : reads_) flights_.land(read->id);
    }
    Landing(const Landing&) = delete;
    Landing& operator=(const Landing&) = delete;

   private:
    IndexFlights& flights_;
    const std::vector<IndexRead*>& reads_;
  };

  void read_indexes(std::span<IndexRead* const> wanted, LoadedShards* loaded) {
    if (wanted.empty()) return;
    const uint64_t generation = cache_.generation();
    std::vector<ReadOp> ops;
    std::vector<IndexRead*> reads;
    for (IndexRead* const read : wanted) {
      LoadedShard& shard = (*loaded)[read->id];
      shard = {};
      if (prepare(*read, &shard)) {
        ops.push_back(make_op(*read));
        reads.push_back(read);
      }
    }
    store_->read(ops);
    if (index_reads_) index_reads_->add(ops.size());
    for (size_t i = 0; i < ops.size(); ++i) {
      (*loaded)[reads[i]->id] = accept(ops[i], *reads[i], generation);
    }
  }

  // Makes room for the index. False when it can be nowhere.
  bool prepare(IndexRead& read, LoadedShard* shard) const {
    const ShardLevel& level = spec_.shards[read.id.level];
    if (read.id.level > 0) {
      const auto place = ShardIndex::place(level, read.extent);
      if (!place.ok()) {
        shard->status = describe(place.status(), read.key);
        return false;
      }
    }
    read.bytes.resize(level.index_size);
    read.dest = read.bytes;
    return true;
  }

  ReadOp make_op(IndexRead& read) const {
    const ShardLevel& level = spec_.shards[read.id.level];
    ReadOp op;
    op.key = read.key;
    op.dests = {&read.dest, 1};
    op.if_version = read.version;
    op.seen = &read.seen;
    if (read.id.level > 0) {
      op.range = ShardIndex::place(level, read.extent).value();
    } else if (level.index_at_end) {
      op.origin = ReadOp::Origin::kEnd;
      op.range = {level.index_size, level.index_size};
    } else {
      op.range = {0, level.index_size};
    }
    return op;
  }

  // The next attempt opens the object anew: it may be replaced by a good one.
  LoadedShard reject(const IndexRead& read, const Status& why) const {
    store_->forget(read.key);
    return {nullptr, describe(why, read.key), false};
  }

  LoadedShard accept(const ReadOp& op, const IndexRead& read, uint64_t generation) {
    const size_t level = read.id.level;
    if (op.outcome == ReadOp::Outcome::kMissing) {
      if (level > 0) return reject(read, {Code::kStale, "it vanished while it was being read"});
      cache_.insert(read.id, nullptr, generation);
      return {};
    }
    if (op.outcome != ReadOp::Outcome::kData) return reject(read, op.status);
    const ByteRange extent = level == 0 ? ByteRange{0, read.seen.size} : read.extent;
    const ChunkSizeBounds bounds = level + 1 < spec_.shards.size()
                                       ? ChunkSizeBounds{spec_.shards[level + 1].index_size}
                                       : encoded_bounds(spec_.codecs);
    auto index =
        ShardIndex::parse(read.bytes, spec_.shards[level], extent, bounds, read.seen.version);
    if (!index.ok()) return reject(read, index.status());
    auto shared = std::make_shared<const ShardIndex>(std::move(index).value());
    cache_.insert(read.id, shared, generation);
    return {std::move(shared), {}, false};
  }

  std::shared_ptr<ObjectStore> store_;
  FieldSpec spec_;
  std::string url_;
  std::string prefix_;
  ShardGrid grid_;
  ShardIndexCache cache_;
  IndexFlights flights_;
  Counter* index_reads_ = nullptr;
  std::mutex single_mutex_;
  std::string single_version_ = spec_.object_version;  // guarded by single_mutex_; "": look again
};

}  // namespace

std::shared_ptr<StoredField> make_stored_field(std::shared_ptr<ObjectStore> store,
                                               std::string_view path, FieldSpec spec,
                                               const FieldOptions& options) {
  return std::make_shared<ZarrField>(std::move(store), path, std::move(spec), options);
}

}  // namespace neurofs
