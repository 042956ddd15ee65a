#include "core/field/shard_index.h"

#include <string>
#include <utility>

#include "core/base/checked.h"

namespace neurofs {

namespace {

constexpr uint64_t kAbsent = ~uint64_t{0};

}  // namespace

ChunkSizeBounds encoded_bounds(const CodecChain& chain) {
  if (const uint64_t fixed = chain.fixed_encoded_size()) return {fixed, fixed};
  return {1, chain.max_encoded_size()};
}

Result<ByteRange> ShardIndex::place(const ShardLevel& level, ByteRange extent) {
  if (extent.length < level.index_size) {
    return corrupt("the shard has " + std::to_string(extent.length) +
                   " bytes, less than its index of " + std::to_string(level.index_size));
  }
  const uint64_t from_start = level.index_at_end ? extent.length - level.index_size : 0;
  return ByteRange{extent.offset + from_start, level.index_size};
}

Result<ShardIndex> ShardIndex::parse(Bytes encoded, const ShardLevel& level, ByteRange extent,
                                     ChunkSizeBounds bounds, std::string version) {
  NF_ASSIGN(const ByteRange place, ShardIndex::place(level, extent));
  if (encoded.size() != level.index_size) {
    return corrupt("the shard index has " + std::to_string(encoded.size()) + " bytes in place of " +
                   std::to_string(level.index_size));
  }
  ShardIndex index;
  index.extent_ = extent;
  index.index_ = {place.offset - extent.offset, place.length};
  index.bounds_ = bounds;
  index.version_ = std::move(version);
  index.words_.resize(level.index_codecs.decoded_size() / sizeof(uint64_t));
  NF_TRY(level.index_codecs.decode(encoded, std::as_writable_bytes(std::span(index.words_)))
             .with_context("shard index"));
  return index;
}

const char* ShardIndex::fault(uint64_t offset, uint64_t nbytes) const {
  if (offset == kAbsent || nbytes == kAbsent) {
    return "one of offset and size says that the chunk is absent, the other does not";
  }
  uint64_t end = 0;
  if (!checked_add(offset, nbytes, &end)) return "offset + size passes 2^64";
  if (end > extent_.length) return "it ends past the end of the shard";
  if (nbytes < bounds_.min || nbytes > bounds_.max) return "its size is none the codecs can give";
  if (offset < index_.end() && index_.offset < end) return "it overlaps the index";
  return nullptr;
}

ShardIndex::Entry ShardIndex::at(size_t number) const {
  const uint64_t offset = words_[2 * number];
  const uint64_t nbytes = words_[2 * number + 1];
  if (offset == kAbsent && nbytes == kAbsent) return {};
  if (fault(offset, nbytes)) return {EntryKind::kCorrupt, {}};
  return {EntryKind::kRange, {extent_.offset + offset, nbytes}};
}

Status ShardIndex::explain(size_t number) const {
  const uint64_t offset = words_[2 * number];
  const uint64_t nbytes = words_[2 * number + 1];
  const char* why = fault(offset, nbytes);
  return corrupt("shard index entry " + std::to_string(number) + " (offset " +
                 std::to_string(offset) + ", size " + std::to_string(nbytes) + ", shard size " +
                 std::to_string(extent_.length) + "): " + (why ? why : "nothing is wrong with it"));
}

}  // namespace neurofs
