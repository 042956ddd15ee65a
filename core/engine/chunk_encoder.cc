#include "core/engine/chunk_encoder.h"

#include <cstring>
#include <deque>
#include <map>

#include "core/field/shard_index.h"
#include "core/geometry/strided_copy.h"

namespace neurofs {
namespace {

constexpr uint64_t kAbsent = ~uint64_t{0};

Index number_of(const Dims& at, const Dims& grid) {
  Index number = 0;
  for (size_t axis = 0; axis < grid.size(); ++axis) number = number * grid[axis] + at[axis];
  return number;
}

// The encoded chunks of one shard, by number: views of the old object, or new bytes.
class ShardParts {
 public:
  void keep(size_t number, Bytes bytes) { kept_[number] = bytes; }
  void replace(size_t number, std::optional<ByteVector> bytes) {
    kept_.erase(number);
    if (!bytes) return;
    fresh_.push_back(std::move(*bytes));
    kept_[number] = fresh_.back();
  }
  Bytes find(size_t number) const {
    const auto it = kept_.find(number);
    return it == kept_.end() ? Bytes{} : it->second;
  }
  bool empty() const { return kept_.empty(); }
  Result<ByteVector> assemble(const ShardLevel& level, size_t slots) const;

 private:
  std::map<size_t, Bytes> kept_;
  std::deque<ByteVector> fresh_;  // its elements do not move
};

Result<ByteVector> ShardParts::assemble(const ShardLevel& level, size_t slots) const {
  std::vector<uint64_t> entries(2 * slots, kAbsent);
  uint64_t at = level.index_at_end ? 0 : level.index_size;
  for (const auto& [number, bytes] : kept_) {
    entries[2 * number] = at;
    entries[2 * number + 1] = bytes.size();
    at += bytes.size();
  }
  NF_ASSIGN(const ByteVector index, ChunkEncoder::encode_index(level, entries));
  ByteVector shard;
  shard.reserve(at + level.index_size);
  if (!level.index_at_end) shard.insert(shard.end(), index.begin(), index.end());
  for (const auto& [number, bytes] : kept_) shard.insert(shard.end(), bytes.begin(), bytes.end());
  if (level.index_at_end) shard.insert(shard.end(), index.begin(), index.end());
  return shard;
}

}  // namespace

ChunkEncoder::ChunkEncoder(const FieldSpec& spec)
    : spec_(spec), stored_strides_(spec.shape.size()) {
  const Dims& axes = spec.codecs.stored_axes();
  Dims stored_shape;
  for (const Index axis : axes) stored_shape.push_back(spec.chunk_shape[static_cast<size_t>(axis)]);
  const Dims strides = c_order_strides(stored_shape, static_cast<Index>(item_size(spec.dtype)));
  for (size_t i = 0; i < axes.size(); ++i) {
    stored_strides_[static_cast<size_t>(axes[i])] = strides[i];
  }
}

const Dims& ChunkEncoder::unit_shape(size_t depth) const {
  return depth < spec_.shards.size() ? spec_.shards[depth].shard_shape : spec_.chunk_shape;
}

Result<ByteVector> ChunkEncoder::encode_index(const ShardLevel& level,
                                              const std::vector<uint64_t>& entries) {
  return level.index_codecs.encode(std::as_bytes(std::span(entries)));
}

Result<std::optional<ByteVector>> ChunkEncoder::encode_level(size_t depth, const RegionPatch& patch,
                                                             Bytes old) const {
  return depth < spec_.shards.size() ? encode_shard(depth, patch, old) : encode_chunk(patch, old);
}

Result<std::optional<ByteVector>> ChunkEncoder::encode_chunk(const RegionPatch& patch,
                                                             Bytes old) const {
  ByteVector decoded(spec_.codecs.decoded_size());
  if (old.empty() || patch.covers(spec_.chunk_shape, spec_.shape)) {
    fill(decoded);
  } else {
    NF_TRY(spec_.codecs.decode(old, decoded).with_context("chunk at " + to_string(patch.origin)));
  }
  patch.apply(decoded.data(), stored_strides_, item_size(spec_.dtype));
  if (is_fill(decoded)) return std::optional<ByteVector>();
  NF_ASSIGN(ByteVector encoded, spec_.codecs.encode(decoded));
  return std::optional<ByteVector>(std::move(encoded));
}

Result<std::optional<ByteVector>> ChunkEncoder::encode_shard(size_t depth, const RegionPatch& patch,
                                                             Bytes old) const {
  const ShardLevel& level = spec_.shards[depth];
  NF_ASSIGN(const Index slots, element_count(level.chunks_per_shard));
  ShardParts parts;
  if (!old.empty()) {
    const bool innermost = depth + 1 == spec_.shards.size();
    const ByteRange extent{0, old.size()};
    NF_ASSIGN(const ByteRange place, ShardIndex::place(level, extent));
    NF_ASSIGN(const ShardIndex index,
              ShardIndex::parse(old.subspan(place.offset, place.length), level, extent,
                                innermost ? encoded_bounds(spec_.codecs) : ChunkSizeBounds{}));
    for (size_t i = 0; i < index.entry_count(); ++i) {
      const ShardIndex::Entry entry = index.at(i);
      if (entry.kind == ShardIndex::EntryKind::kCorrupt) return index.explain(i);
      if (entry.kind == ShardIndex::EntryKind::kMissing) continue;
      parts.keep(i, old.subspan(entry.range.offset, entry.range.length));
    }
  }
  NF_TRY(for_each_unit(
      patch, unit_shape(depth + 1), [&](const Dims& unit, const RegionPatch& part) -> Status {
        const auto number = static_cast<size_t>(number_of(unit, level.chunks_per_shard));
        NF_ASSIGN(auto bytes, encode_level(depth + 1, part, parts.find(number)));
        parts.replace(number, std::move(bytes));
        return {};
      }));
  if (parts.empty()) return std::optional<ByteVector>();
  NF_ASSIGN(ByteVector shard, parts.assemble(level, static_cast<size_t>(slots)));
  return std::optional<ByteVector>(std::move(shard));
}

bool ChunkEncoder::is_fill(Bytes decoded) const {
  const size_t item = spec_.fill.size();
  if (decoded.empty()) return true;
  return std::memcmp(decoded.data(), spec_.fill.data(), item) == 0 &&
         std::memcmp(decoded.data(), decoded.data() + item, decoded.size() - item) == 0;
}

void ChunkEncoder::fill(MutableBytes decoded) const {
  const auto item = static_cast<Index>(spec_.fill.size());
  strided_copy(decoded.data(), {item}, spec_.fill.data(), {0},
               {static_cast<Index>(decoded.size()) / item}, spec_.fill.size());
}

}  // namespace neurofs
