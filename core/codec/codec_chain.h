// CodecChain: the prepared list of codecs of one chunk shape and data type.
//
// Purpose: prepare once per array, run many times. A chain turns the encoded bytes of a chunk into
// its elements in *stored order*: native byte order, C order over the stored axes. `transpose`
// steps are never executed: they only permute `stored_axes()`, and the copy out of a block applies
// the permutation as strides. Element-wise steps (`scale_offset`, `cast_value`) may change the size of
// an element on its way: "decoded" is always what the array's type says. Thread-safety: immutable after parse; decode and encode may run on
// many threads at once. Ownership: owns its codecs; never keeps the bytes it is given. Units:
// bytes; shapes in elements. Errors: unknown codec or configuration kUnsupported / kInvalidArgument
// at parse; at decode every mismatch of length, checksum or structure is kCorrupt, output never
// passes what the metadata says, and no input crashes. Sources: Zarr v3 core "Codecs"; the
// registered codecs' own specifications.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/codec/codec.h"
#include "core/codec/element_steps.h"
#include "core/geometry/data_type.h"
#include "core/geometry/shape.h"

namespace neurofs {

struct CodecEntry;  // core/codec/codec_entry.h

class CodecChain {
 public:
  CodecChain() = default;

  // `codecs`: the "codecs" list of a Zarr v3 array (also the shape in which v2's compressor and
  // filters are passed on). `spec` describes one decoded chunk.
  static Result<CodecChain> parse(const nlohmann::json& codecs, const ChunkSpec& spec);

  // Axis i of the stored layout is axis stored_axes()[i] of the array. Identity without transposes.
  const Dims& stored_axes() const { return stored_axes_; }

  // Encoded bytes are the elements one after another (transposes, element-wise steps and `bytes`
  // only), so that any part of a chunk can be read alone.
  bool is_raw() const { return is_raw_; }

  // Stored elements have other values than the array's: they cannot be used as they lie there.
  bool transforms_elements() const { return !elements_.empty(); }

  // Bytes of one decoded chunk.
  size_t decoded_size() const { return decoded_size_; }

  // Bytes that decoding one chunk needs besides its input and output; 0 without element steps.
  size_t array_size() const { return transforms_elements() ? array_size_ : 0; }

  // The exact size of every encoded chunk where it does not depend on the data (raw, crc32c), else
  // 0.
  size_t fixed_encoded_size() const { return fixed_encoded_size_; }

  // An upper bound of a plausible encoded chunk; a larger object or index entry is corrupt.
  size_t max_encoded_size() const { return max_encoded_size_; }

  // Precondition: decoded.size() == decoded_size().
  Status decode(Bytes encoded, MutableBytes decoded) const;

  // For raw chains: the encoded bytes of a part of the decoded chunk (a whole number of elements).
  ByteRange encoded_part(ByteRange decoded) const;

  // For raw chains: turns such a part into elements. `encoded` is overwritten; it is `decoded` itself
  // unless transforms_elements(), and then does not overlap it.
  Status decode_raw_part(MutableBytes encoded, MutableBytes decoded) const;

  // What decoding does where it only moves bytes about, for who does it elsewhere than here: of each part
  // of a raw chunk, or of a whole chunk that is shuffled. No value where it does more.
  struct ByteMoves {
    uint32_t item = 1;       // bytes of what is moved within; sizes are multiples of it
    bool unshuffle = false;  // bytes of items were grouped by significance
    uint32_t swap_unit = 1;  // > 1: then the bytes of every unit of this size are reversed

    bool empty() const { return !unshuffle && swap_unit == 1; }
  };
  std::optional<ByteMoves> byte_moves() const;

  // `decoded` is in stored order and native byte order.
  Result<ByteVector> encode(Bytes decoded) const;

 private:
  struct Step {
    std::string name;  // for messages
    std::shared_ptr<const BytesToBytesCodec> codec;
    size_t decoded_size;  // of this step's payload: exact, or an upper bound
    bool is_exact;
  };

  Status set_array_to_bytes(const CodecEntry& entry, const ChunkSpec& stored);
  Status add_array_to_array(const CodecEntry& entry, ChunkSpec* stored);
  Status add_bytes_to_bytes(const CodecEntry& entry, const ChunkSpec& stored);
  Status require_array(const CodecEntry& entry) const;
  Status decode_array(Bytes encoded, MutableBytes array) const;
  Status decode_step(const Step& step, Bytes* encoded, ByteVector* scratch) const;

  ElementSteps elements_;
  std::string array_to_bytes_name_;
  std::shared_ptr<const ArrayToBytesCodec> array_to_bytes_;  // null only before parse
  std::vector<Step> steps_;                                  // in encode order
  Dims stored_axes_;
  bool is_raw_ = false;
  size_t swap_unit_ = 1;  // > 1: raw parts are byte-swapped in units of this many bytes
  size_t decoded_size_ = 0;
  size_t array_size_ = 0;  // of what array_to_bytes_ is given: decoded_size_ without element steps
  size_t fixed_encoded_size_ = 0;
  size_t max_encoded_size_ = 0;
  size_t encoded_cap_ = 0;  // of every step, however many there are
};

}  // namespace neurofs
