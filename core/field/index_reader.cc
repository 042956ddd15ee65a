#include "core/field/index_reader.h"

#include <utility>

#include "core/field/shard_index.h"

namespace neurofs {

IndexReader::IndexReader(ObjectStore& store, const FieldSpec& spec, std::string url,
                         const FieldOptions& options)
    : store_(store),
      spec_(spec),
      url_(std::move(url)),
      cache_(options.index_cache_bytes, std::chrono::milliseconds(options.missing_ttl_ms)) {
  if (options.metrics) {
    index_reads_ = &options.metrics->counter("shard_index_reads_total", "Shard indexes read");
  }
}

Status IndexReader::describe(const Status& status, const std::string& key) const {
  return status.with_context(url_ + ": shard '" + key + "'");
}

void IndexReader::load(std::span<IndexRead> wanted, LoadedShards* loaded) {
  std::vector<IndexRead*> mine;
  std::vector<IndexRead*> others;
  mine.reserve(wanted.size());
  others.reserve(wanted.size());
  {
    IndexFlights::Taken taken(flights_, wanted.size());
    for (IndexRead& read : wanted) (taken.begin(read.id) ? mine : others).push_back(&read);
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

bool IndexReader::take_cached(const IndexRead& read, LoadedShards* loaded) const {
  auto cached = cache_.find(read.id);
  if (cached) (*loaded)[read.id] = {std::move(*cached), {}, false};
  return cached.has_value();
}

void IndexReader::read_indexes(std::span<IndexRead* const> wanted, LoadedShards* loaded) {
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
  store_.read(ops);
  if (index_reads_) index_reads_->add(ops.size());
  for (size_t i = 0; i < ops.size(); ++i) {
    (*loaded)[reads[i]->id] = accept(ops[i], *reads[i], generation);
  }
}

// Makes room for the index. False when it can be nowhere.
bool IndexReader::prepare(IndexRead& read, LoadedShard* shard) const {
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

ReadOp IndexReader::make_op(IndexRead& read) const {
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
LoadedShard IndexReader::reject(const IndexRead& read, const Status& why) const {
  store_.forget(read.key);
  return {nullptr, describe(why, read.key), false};
}

LoadedShard IndexReader::accept(const ReadOp& op, const IndexRead& read, uint64_t generation) {
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

}  // namespace neurofs
