// locate() in pseudo-code:
//   repeat, at most once per shard level:
//     for each query that is not resolved: walk down the levels as far as indexes are known
//     read the indexes that stopped a query, all of them in one batch
#include "core/field/zarr_field.h"

#include <algorithm>
#include <span>

#include "core/field/chunk_key.h"
#include "core/field/index_reader.h"
#include "core/field/shard_grid.h"
#include "core/field/shard_index.h"
#include "core/field/single_object.h"

namespace neurofs {

namespace {

// Bytes of indexes that one call holds at a time; those of one chunk may have more.
constexpr uint64_t kMostIndexBytes = uint64_t{32} << 20;

std::string url_of(const ObjectStore& store, std::string_view path) {
  std::string url = store.url();
  if (!path.empty()) url += (url.ends_with('/') ? "" : "/") + std::string(path);
  return url;
}

std::string prefix_of(const FieldSpec& spec, std::string_view path) {
  if (spec.key_encoding.kind == KeyEncoding::Kind::kSingleObject) return {};
  std::string prefix = join_key(path, "");
  if (!prefix.empty()) prefix += '/';
  return prefix;
}

class ZarrField final : public StoredField {
 public:
  ZarrField(std::shared_ptr<ObjectStore> store, std::string_view path, FieldSpec spec,
            const FieldOptions& options)
      : store_(std::move(store)),
        spec_(std::move(spec)),
        url_(url_of(*store_, path)),
        prefix_(prefix_of(spec_, path)),
        grid_(spec_),
        indexes_(*store_, spec_, url_, options),
        single_(*store_, spec_, url_) {}

  const FieldSpec& spec() const override { return spec_; }
  ObjectStore& store() const override { return *store_; }
  std::string url() const override { return url_; }
  void forget_indexes() override {
    indexes_.forget();
    single_.forget();
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
    const auto version = single_.version();
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
      indexes_.load(wanted, &loaded);
    }
  }

  std::string key_of(const Dims& chunk) const {
    return chunk_key(spec_, prefix_, grid_.object_of(chunk));
  }

  Status replaced(const std::string& key) const {
    return indexes_.describe({Code::kStale, "its indexes are of two versions of the object"}, key);
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
            query,
            {nullptr, indexes_.describe(shard->index->explain(entry), key_of(query.chunk)), false});
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
    auto cached = indexes_.find(id);
    if (!cached) return nullptr;
    return &loaded->emplace(id, LoadedShard{std::move(*cached), {}, false}).first->second;
  }

  void want(const ShardId& id, const Dims& chunk, ByteRange extent, std::string_view version,
            LoadedShards* loaded, std::vector<IndexRead>* wanted) const {
    if (!loaded->emplace(id, LoadedShard{nullptr, {}, true}).second) return;
    wanted->push_back({id, key_of(chunk), extent, std::string(version), {}, {}, {}});
  }

  const std::shared_ptr<ObjectStore> store_;
  const FieldSpec spec_;
  const std::string url_;
  const std::string prefix_;  // of the keys
  ShardGrid grid_;
  IndexReader indexes_;
  SingleObject single_;
};

}  // namespace

std::shared_ptr<StoredField> make_stored_field(std::shared_ptr<ObjectStore> store,
                                               std::string_view path, FieldSpec spec,
                                               const FieldOptions& options) {
  return std::make_shared<ZarrField>(std::move(store), path, std::move(spec), options);
}

}  // namespace neurofs
