#include "core/engine/shard_stream.h"

#include <utility>

namespace neurofs {
namespace {

constexpr uint64_t kAbsent = ~uint64_t{0};

}  // namespace

bool ShardStream::applies(const FieldSpec& spec, const ObjectStore& store) {
  return store.puts_in_pieces() && !spec.shards.empty() && spec.shards.front().index_at_end;
}

ShardStream::ShardStream(const FieldSpec& spec, const ChunkEncoder& encoder, ObjectStore& store,
                         std::string key, Dims unit)
    : spec_(spec),
      encoder_(encoder),
      store_(store),
      key_(std::move(key)),
      unit_(std::move(unit)),
      entries_(level().index_codecs.decoded_size() / sizeof(uint64_t), kAbsent) {}

Status ShardStream::add(const Region& region, Bytes data) {
  const RegionPatch patch = RegionPatch::of(region, data.data(), item_size(spec_.dtype));
  return for_each_unit(
      patch, spec_.outer_chunk_shape(), [&](const Dims& unit, const RegionPatch& part) -> Status {
        if (unit != unit_) return invalid_argument("the region leaves the shard " + key_);
        return for_each_unit(
            part, encoder_.entry_shape(),
            [&](const Dims& at, const RegionPatch& chunk) { return add_chunk(at, chunk); });
      });
}

Status ShardStream::add_chunk(const Dims& at, const RegionPatch& patch) {
  size_t number = 0;
  for (size_t axis = 0; axis < at.size(); ++axis) {
    number = number * static_cast<size_t>(level().chunks_per_shard[axis]) +
             static_cast<size_t>(at[axis]);
  }
  if (!patch.covers(encoder_.entry_shape(), spec_.shape) || entries_[2 * number] != kAbsent) {
    return invalid_argument("chunk " + to_string(at) + " of " + key_ +
                            " does not come once, whole");
  }
  NF_ASSIGN(const std::optional<ByteVector> encoded, encoder_.encode_entry(patch));
  if (!encoded) return {};
  if (!writer_) {
    NF_ASSIGN(writer_, store_.put_in_pieces(key_));
  }
  NF_TRY(writer_->append(*encoded));
  entries_[2 * number] = std::exchange(written_, written_ + encoded->size());
  entries_[2 * number + 1] = encoded->size();
  return {};
}

Status ShardStream::finish() {
  if (!writer_) return store_.remove(key_);
  NF_ASSIGN(const ByteVector index, ChunkEncoder::encode_index(level(), entries_));
  NF_TRY(writer_->append(index));
  return writer_->finish();
}

}  // namespace neurofs
