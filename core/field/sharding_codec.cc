// `sharding_indexed` as an opaque codec: decodes and encodes a whole shard.
//
// Used where other codecs stand beside it (a transpose before it, a compressor after it), so that
// its chunks cannot be read alone; FieldSpec::shards serves the usual case.
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/checked.h"
#include "core/codec/codec.h"
#include "core/field/shard_index.h"
#include "core/field/sharding.h"
#include "core/geometry/strided_copy.h"

namespace neurofs {

namespace {

constexpr uint64_t kAbsent = ~uint64_t{0};

class ShardingCodec final : public ArrayToBytesCodec {
 public:
  static Result<std::shared_ptr<const ArrayToBytesCodec>> make(const nlohmann::json& configuration,
                                                               const ChunkSpec& spec) {
    if (spec.fill.empty()) {
      return unsupported(
          "sharding_indexed after a numcodecs codec that does not define what becomes of the fill "
          "value; use scale_offset and cast_value, or put it among the shard's own codecs");
    }
    auto codec = std::make_shared<ShardingCodec>();
    NF_ASSIGN(ShardingConfig config, parse_sharding(configuration, spec.shape));
    NF_ASSIGN(codec->inner_,
              CodecChain::parse(*config.codecs, {config.chunk_shape, spec.dtype, spec.fill}));
    codec->level_ = std::move(config.level);
    codec->chunk_shape_ = config.chunk_shape;
    codec->fill_ = spec.fill;
    codec->strides_ = c_order_strides(spec.shape, static_cast<Index>(spec.fill.size()));
    NF_ASSIGN(const Index chunks, element_count(codec->level_.chunks_per_shard));
    codec->chunks_ = static_cast<size_t>(chunks);
    if (!checked_mul(codec->chunks_, codec->inner_.max_encoded_size(), &codec->max_size_) ||
        !checked_add<size_t>(codec->max_size_, codec->level_.index_size, &codec->max_size_)) {
      return overflow("sharding_indexed: a shard passes 2^64 bytes");
    }
    codec->set_inner_strides();
    return std::shared_ptr<const ArrayToBytesCodec>(std::move(codec));
  }

  size_t max_encoded_size() const override { return max_size_; }

  Status decode(Bytes encoded, MutableBytes decoded) const override {
    const ByteRange extent{0, encoded.size()};
    NF_ASSIGN(const ByteRange place, ShardIndex::place(level_, extent));
    NF_ASSIGN(const ShardIndex index, ShardIndex::parse(encoded.subspan(place.offset, place.length),
                                                        level_, extent, encoded_bounds(inner_)));
    ByteVector chunk(inner_.decoded_size());
    for (size_t number = 0; number < chunks_; ++number) {
      const ShardIndex::Entry entry = index.at(number);
      std::byte* to = decoded.data() + offset_of(number);
      if (entry.kind == ShardIndex::EntryKind::kCorrupt) return index.explain(number);
      if (entry.kind == ShardIndex::EntryKind::kMissing) {
        const Dims broadcast(strides_.size(), 0);
        strided_copy(to, strides_, fill_.data(), broadcast, chunk_shape_, fill_.size());
        continue;
      }
      NF_TRY(inner_.decode(encoded.subspan(entry.range.offset, entry.range.length), chunk)
                 .with_context("chunk " + std::to_string(number) + " of the shard"));
      strided_copy(to, strides_, chunk.data(), inner_strides_, chunk_shape_, fill_.size());
    }
    return {};
  }

  Result<ByteVector> encode(Bytes decoded) const override {
    std::vector<uint64_t> words(2 * chunks_, kAbsent);
    ByteVector shard(level_.index_at_end ? 0 : level_.index_size);
    ByteVector chunk(inner_.decoded_size());
    for (size_t number = 0; number < chunks_; ++number) {
      strided_copy(chunk.data(), inner_strides_, decoded.data() + offset_of(number), strides_,
                   chunk_shape_, fill_.size());
      if (is_fill(chunk)) continue;
      NF_ASSIGN(const ByteVector bytes, inner_.encode(chunk));
      words[2 * number] = shard.size();
      words[2 * number + 1] = bytes.size();
      shard.insert(shard.end(), bytes.begin(), bytes.end());
    }
    NF_ASSIGN(const ByteVector index, level_.index_codecs.encode(std::as_bytes(std::span(words))));
    if (level_.index_at_end) {
      shard.insert(shard.end(), index.begin(), index.end());
    } else {
      std::copy(index.begin(), index.end(), shard.begin());
    }
    return shard;
  }

 private:
  // A chunk's stored layout may be transposed: its strides in the order of the shard's axes.
  void set_inner_strides() {
    const Dims& axes = inner_.stored_axes();
    Dims stored_shape;
    for (const Index axis : axes) stored_shape.push_back(chunk_shape_[static_cast<size_t>(axis)]);
    const Dims stored = c_order_strides(stored_shape, static_cast<Index>(fill_.size()));
    inner_strides_.resize(axes.size());
    for (size_t i = 0; i < axes.size(); ++i) {
      inner_strides_[static_cast<size_t>(axes[i])] = stored[i];
    }
  }

  // Bytes from the shard's first element to the first one of a chunk.
  size_t offset_of(size_t number) const {
    auto rest = static_cast<Index>(number);
    Index offset = 0;
    for (size_t axis = chunk_shape_.size(); axis-- > 0;) {
      const Index along = level_.chunks_per_shard[axis];
      offset += rest % along * chunk_shape_[axis] * strides_[axis];
      rest /= along;
    }
    return static_cast<size_t>(offset);
  }

  bool is_fill(const ByteVector& chunk) const {
    for (size_t at = 0; at < chunk.size(); at += fill_.size()) {
      if (std::memcmp(chunk.data() + at, fill_.data(), fill_.size()) != 0) return false;
    }
    return true;
  }

  ShardLevel level_;
  CodecChain inner_;
  Dims chunk_shape_;
  ByteVector fill_;
  Dims strides_;        // bytes, of the decoded shard
  Dims inner_strides_;  // bytes, of a decoded chunk
  size_t chunks_ = 0;
  size_t max_size_ = 0;
};

const Registration<ArrayToBytesRegistry> kSharding(
    "sharding_indexed", "many chunks and their index in one object (Zarr v3)", ShardingCodec::make);

}  // namespace

}  // namespace neurofs
