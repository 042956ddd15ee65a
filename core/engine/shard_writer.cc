#include "core/engine/shard_writer.h"

#include "core/base/checked.h"
#include "core/field/shard_index.h"

namespace neurofs {
namespace {

constexpr uint64_t kAbsent = ~uint64_t{0};

Status read_range(ObjectStore& store, const std::string& key, ByteRange range, MutableBytes out) {
  const MutableBytes dests[] = {out};
  ReadOp op;
  op.key = key;
  op.range = range;
  op.dests = dests;
  store.read({&op, 1});
  if (op.outcome == ReadOp::Outcome::kData) return {};
  if (op.outcome == ReadOp::Outcome::kError) return op.status;
  return io_error(store.url() + ": " + key + " vanished while it was being written");
}

}  // namespace

bool ShardWriter::applies(const FieldSpec& spec, const ObjectStore& store) {
  if (!store.can_write_at() || spec.shards.size() != 1 || !spec.codecs.is_raw()) return false;
  const ShardLevel& level = spec.shards.front();
  const uint64_t slots = level.index_codecs.decoded_size() / (2 * sizeof(uint64_t));
  uint64_t size = 0;
  return level.index_at_end && checked_mul(slots, spec.codecs.fixed_encoded_size(), &size) &&
         checked_add(size, level.index_size, &size) && size <= uint64_t{INT64_MAX};
}

Result<std::vector<uint64_t>> ShardWriter::read_index(const std::string& key,
                                                      bool* in_slots) const {
  std::vector<uint64_t> entries(2 * slots(), kAbsent);
  *in_slots = true;
  NF_ASSIGN(const ObjectInfo info, store_.stat(key));
  if (!info.exists) {
    // The object begins whole: full size, and an index that names no chunk.
    NF_TRY(write_index(key, entries));
    return entries;
  }
  const ByteRange extent{0, info.size};
  NF_ASSIGN(const ByteRange place, ShardIndex::place(level(), extent));
  ByteVector encoded(place.length);
  NF_TRY(read_range(store_, key, place, encoded));
  NF_ASSIGN(const ShardIndex index,
            ShardIndex::parse(encoded, level(), extent, encoded_bounds(spec_.codecs)));
  *in_slots = info.size == object_size();
  for (size_t slot = 0; slot < slots(); ++slot) {
    const ShardIndex::Entry entry = index.at(slot);
    if (entry.kind == ShardIndex::EntryKind::kCorrupt) return index.explain(slot);
    if (entry.kind == ShardIndex::EntryKind::kMissing) continue;
    entries[2 * slot] = entry.range.offset;
    entries[2 * slot + 1] = entry.range.length;
    *in_slots = *in_slots && entry.range.offset == slot * chunk_bytes();
  }
  return entries;
}

Status ShardWriter::write_index(const std::string& key,
                                const std::vector<uint64_t>& entries) const {
  NF_ASSIGN(const ByteVector encoded, ChunkEncoder::encode_index(level(), entries));
  return store_.write_at(key, index_offset(), encoded, object_size());
}

Status ShardWriter::write_chunk(const std::string& key, size_t slot, const RegionPatch& part,
                                std::vector<uint64_t>* entries) const {
  const uint64_t offset = slot * chunk_bytes();
  const bool exists = (*entries)[2 * slot] != kAbsent;
  ByteVector old;
  if (exists && !part.covers(spec_.chunk_shape, spec_.shape)) {
    old.resize(chunk_bytes());
    NF_TRY(read_range(store_, key, {offset, chunk_bytes()}, old));
  }
  NF_ASSIGN(const std::optional<ByteVector> encoded, encoder_.encode_chunk(part, old));
  (*entries)[2 * slot] = encoded ? offset : kAbsent;
  (*entries)[2 * slot + 1] = encoded ? chunk_bytes() : kAbsent;
  return encoded ? store_.write_at(key, offset, *encoded, object_size()) : Status();
}

Status ShardWriter::write(const std::string& key, const RegionPatch& patch, bool* done) const {
  NF_ASSIGN(std::vector<uint64_t> entries, read_index(key, done));
  if (!*done) return {};
  const std::vector<uint64_t> before = entries;
  NF_TRY(for_each_unit(patch, spec_.chunk_shape,
                       [&](const Dims& unit, const RegionPatch& part) -> Status {
                         size_t slot = 0;
                         for (size_t axis = 0; axis < unit.size(); ++axis) {
                           slot = slot * static_cast<size_t>(level().chunks_per_shard[axis]) +
                                  static_cast<size_t>(unit[axis]);
                         }
                         return write_chunk(key, slot, part, &entries);
                       }));
  return entries == before ? Status() : write_index(key, entries);
}

}  // namespace neurofs
