// ElementSteps: the element-wise codecs of a chain, run together.
//
// Purpose: takes elements through all codecs in tiles that stay in the CPU's cache, so that a chain
// needs no buffer of a chunk's size for each. One-byte encoded elements are looked up in a table of the
// 256 results. Thread-safety: immutable after the last add(). Ownership: shares the codecs.
// Units: bytes, whole elements. Errors: decode() gives kCorrupt and encode() kInvalidArgument for an
// element that a codec refuses, with the codec's name; what was written then is unspecified.
#pragma once

#include <array>
#include <bitset>
#include <memory>
#include <string>
#include <vector>

#include "core/codec/codec.h"

namespace neurofs {

class ElementSteps {
 public:
  // In encode order. `spec` is what the codec was made for; it becomes what the next one sees.
  // kInvalidArgument when the fill value cannot be encoded.
  Status add(std::string name, std::shared_ptr<const ArrayToArrayCodec> codec, ChunkSpec* spec);

  bool empty() const { return steps_.empty(); }
  size_t decoded_item() const { return decoded_item_; }
  size_t encoded_item() const { return encoded_item_; }

  // decoded.size() / decoded_item() == encoded.size() / encoded_item(); no overlap.
  Status decode(Bytes encoded, MutableBytes decoded) const;
  Result<ByteVector> encode(Bytes decoded) const;

 private:
  struct Step {
    std::string name;
    std::shared_ptr<const ArrayToArrayCodec> codec;
  };
  // The decoded elements of every one-byte encoded element.
  struct Table {
    std::array<std::byte, 256 * sizeof(uint64_t)> elements;
    std::bitset<256> refused;
  };

  Status decode_tile(const std::byte* encoded, std::byte* decoded, size_t count) const;
  Status encode_tile(const std::byte* decoded, std::byte* encoded, size_t count) const;
  bool look_up(Bytes encoded, MutableBytes decoded) const;
  void make_table();

  std::vector<Step> steps_;
  std::shared_ptr<const Table> table_;  // null when the encoded elements are larger
  size_t decoded_item_ = 0;
  size_t encoded_item_ = 0;
};

}  // namespace neurofs
