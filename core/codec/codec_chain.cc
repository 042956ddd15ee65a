#include "core/codec/codec_chain.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/checked.h"
#include "core/codec/byte_swap.h"
#include "core/codec/codec_entry.h"
#include "core/codec/encoded_bound.h"

namespace neurofs {

namespace {

// Real chains have two to four steps; a longer list is a hostile one.
constexpr size_t kMaxCodecs = 32;

// Bounds would multiply along a chain, and each is what a bomb may make a decoder allocate. But data
// that no step shrinks grows only by headers: these limits hold for a whole chain.
size_t opaque_bound(size_t decoded_size) {
  constexpr size_t kMaxGrowth = 64;  // one-byte chunks, each with its own gzip header and index
  constexpr size_t kSlack = size_t{16} << 20;
  size_t bound = 0;
  return checked_mul(decoded_size, kMaxGrowth, &bound) ? bound_plus(bound, kSlack) : SIZE_MAX;
}

size_t chain_bound(size_t array_bytes) {
  return bound_plus(compressed_bound(array_bytes), kMaxCodecs * (size_t{64} << 10));
}

void permute(const Dims& order, Dims* dims) {
  const Dims before = *dims;
  for (size_t i = 0; i < order.size(); ++i) (*dims)[i] = before[static_cast<size_t>(order[i])];
}

Result<size_t> byte_size(const ChunkSpec& spec) {
  NF_ASSIGN(const Index count, element_count(spec.shape));
  size_t size = 0;
  if (!checked_mul<size_t>(static_cast<size_t>(count), item_size(spec.dtype), &size) ||
      size > static_cast<size_t>(PTRDIFF_MAX)) {
    return overflow("a chunk of shape " + to_string(spec.shape) + " passes 2^63 bytes");
  }
  return size;
}

std::string step_context(const std::string& name) {
  return "codec " + name;
}

Status check_list(const nlohmann::json& codecs) {
  if (!codecs.is_array() || codecs.empty()) {
    return invalid_argument("codecs is not a list with at least one codec");
  }
  if (codecs.size() > kMaxCodecs) {
    return unsupported("codecs lists " + std::to_string(codecs.size()) + " codecs; at most " +
                       std::to_string(kMaxCodecs) + " are supported");
  }
  return {};
}

}  // namespace

Result<CodecChain> CodecChain::parse(const nlohmann::json& codecs, const ChunkSpec& spec) {
  NF_TRY(check_list(codecs));
  CodecChain chain;
  NF_ASSIGN(chain.decoded_size_, byte_size(spec));
  ChunkSpec stored = spec;
  for (size_t axis = 0; axis < spec.shape.size(); ++axis) {
    chain.stored_axes_.push_back(static_cast<Index>(axis));
  }
  for (size_t i = 0; i < codecs.size(); ++i) {
    NF_ASSIGN(const CodecEntry entry, parse_codec_entry(codecs[i], i));
    if (entry.name == "transpose") {
      NF_TRY(chain.require_array(entry));
      NF_ASSIGN(const Dims order, parse_transpose_order(entry, stored.shape.size()));
      permute(order, &stored.shape);
      permute(order, &chain.stored_axes_);
    } else if (ArrayToArrayRegistry::instance().find(entry.name)) {
      NF_TRY(chain.add_array_to_array(entry, &stored));
    } else if (ArrayToBytesRegistry::instance().find(entry.name)) {
      NF_TRY(chain.set_array_to_bytes(entry, stored));
    } else {
      NF_TRY(chain.add_bytes_to_bytes(entry, stored));
    }
  }
  if (!chain.array_to_bytes_) {
    return invalid_argument("codecs has no array-to-bytes codec such as `bytes`");
  }
  return chain;
}

Status CodecChain::require_array(const CodecEntry& entry) const {
  if (!array_to_bytes_) return {};
  return invalid_argument("codec " + entry.name + " comes after " + array_to_bytes_name_ +
                          ", which has already made bytes of the array");
}

Status CodecChain::add_array_to_array(const CodecEntry& entry, ChunkSpec* stored) {
  NF_TRY(require_array(entry));
  const auto* plugin = ArrayToArrayRegistry::instance().find(entry.name);
  NF_ASSIGN(auto codec, plugin->factory(*entry.configuration, *stored));
  return elements_.add(entry.name, std::move(codec), stored);
}

Status CodecChain::set_array_to_bytes(const CodecEntry& entry, const ChunkSpec& stored) {
  NF_TRY(require_array(entry));
  NF_ASSIGN(array_size_, byte_size(stored));
  const auto* plugin = ArrayToBytesRegistry::instance().find(entry.name);
  NF_ASSIGN(array_to_bytes_, plugin->factory(*entry.configuration, stored));
  array_to_bytes_name_ = entry.name;
  is_raw_ = array_to_bytes_->is_raw();
  swap_unit_ = array_to_bytes_->swaps_bytes() ? swap_unit(stored.dtype) : 1;
  fixed_encoded_size_ = array_to_bytes_->fixed_encoded_size();
  max_encoded_size_ = array_to_bytes_->max_encoded_size();
  if (!is_raw_) max_encoded_size_ = std::min(max_encoded_size_, opaque_bound(array_size_));
  encoded_cap_ = chain_bound(max_encoded_size_);
  return {};
}

Status CodecChain::add_bytes_to_bytes(const CodecEntry& entry, const ChunkSpec& stored) {
  const auto* plugin = BytesToBytesRegistry::instance().find(entry.name);
  if (!plugin) return unknown_codec(entry);
  if (!array_to_bytes_) {
    return invalid_argument("codec " + entry.name +
                            " works on bytes, but no array-to-bytes codec precedes it");
  }
  Step step{entry.name, nullptr, 0, false};
  NF_ASSIGN(step.codec, plugin->factory(*entry.configuration, stored));
  step.is_exact = fixed_encoded_size_ > 0 || max_encoded_size_ == 0;
  step.decoded_size = step.is_exact ? fixed_encoded_size_ : max_encoded_size_;
  fixed_encoded_size_ = step.is_exact ? step.codec->fixed_encoded_size(step.decoded_size) : 0;
  max_encoded_size_ = std::min(step.codec->max_encoded_size(step.decoded_size), encoded_cap_);
  is_raw_ = false;
  steps_.push_back(std::move(step));
  return {};
}

Status CodecChain::decode_step(const Step& step, Bytes* encoded, ByteVector* scratch) const {
  if (step.codec->strips()) {
    NF_ASSIGN(*encoded, step.codec->strip(*encoded));
    return {};
  }
  ByteVector output;
  if (step.is_exact) {
    output.resize(step.decoded_size);
    NF_TRY(step.codec->decode_exact(*encoded, output));
  } else {
    NF_ASSIGN(output, step.codec->decode_bounded(*encoded, step.decoded_size));
  }
  *scratch = std::move(output);  // only now: `encoded` may lie in the old scratch
  *encoded = *scratch;
  return {};
}

Status CodecChain::decode(Bytes encoded, MutableBytes decoded) const {
  if (!array_to_bytes_) return internal_error("decode on a codec chain that was never parsed");
  if (decoded.size() != decoded_size_) {
    return internal_error("decode into " + std::to_string(decoded.size()) +
                          " bytes where a chunk has " + std::to_string(decoded_size_));
  }
  if (elements_.empty()) return decode_array(encoded, decoded);
  ByteVector array(array_size_);
  NF_TRY(decode_array(encoded, array));
  return elements_.decode(array, decoded);
}

Status CodecChain::decode_array(Bytes encoded, MutableBytes array) const {
  ByteVector scratch;
  for (size_t i = steps_.size(); i-- > 0;) {
    const Step& step = steps_[i];
    // The usual case: the last step to undo fills the caller's buffer, without a copy.
    if (i == 0 && array_to_bytes_->is_raw() && !step.codec->strips()) {
      NF_TRY(step.codec->decode_exact(encoded, array).with_context(step_context(step.name)));
      byte_swap(array, swap_unit_);
      return {};
    }
    NF_TRY(decode_step(step, &encoded, &scratch).with_context(step_context(step.name)));
  }
  return array_to_bytes_->decode(encoded, array).with_context(step_context(array_to_bytes_name_));
}

ByteRange CodecChain::encoded_part(ByteRange decoded) const {
  if (elements_.empty()) return decoded;
  const size_t from = elements_.decoded_item();
  const size_t to = elements_.encoded_item();
  return {decoded.offset / from * to, decoded.length / from * to};
}

Status CodecChain::decode_raw_part(MutableBytes encoded, MutableBytes decoded) const {
  byte_swap(encoded, swap_unit_);
  return elements_.empty() ? Status() : elements_.decode(encoded, decoded);
}

std::optional<CodecChain::ByteMoves> CodecChain::byte_moves() const {
  if (transforms_elements()) return std::nullopt;
  const auto swap = static_cast<uint32_t>(swap_unit_);
  if (is_raw_) return ByteMoves{swap, false, swap};
  if (steps_.size() != 1 || !array_to_bytes_->is_raw()) return std::nullopt;
  const size_t item = steps_.front().codec->shuffled_item();
  if (item == 0 || item % swap_unit_ != 0 || decoded_size_ % item != 0) return std::nullopt;
  return ByteMoves{static_cast<uint32_t>(item), true, swap};
}

Result<ByteVector> CodecChain::encode(Bytes decoded) const {
  if (!array_to_bytes_) return internal_error("encode on a codec chain that was never parsed");
  if (decoded.size() != decoded_size_) {
    return invalid_argument("encode of " + std::to_string(decoded.size()) +
                            " bytes where a chunk has " + std::to_string(decoded_size_));
  }
  ByteVector array;
  if (!elements_.empty()) {
    NF_ASSIGN(array, elements_.encode(decoded));
    decoded = array;
  }
  NF_ASSIGN(ByteVector bytes, array_to_bytes_->encode(decoded));
  for (const Step& step : steps_) {
    NF_ASSIGN(bytes, step.codec->encode(bytes));
  }
  return bytes;
}

}  // namespace neurofs
