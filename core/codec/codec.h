// Codec: one step of a chunk's encoding. The seam behind which each codec is one file.
//
// Purpose: the three kinds of Zarr v3 codecs. Of those from array to array `transpose` is not
// executed, see CodecChain; the others change each element by itself and perhaps its type.
// Thread-safety: const methods run on many threads at once; per-call state lives on the stack or in
// thread-local buffers. Ownership: spans are borrowed for the call.
// Errors: decode returns kCorrupt for any input that is not exactly what the metadata promises; it
// never writes past `decoded`, never allocates more than a bounded multiple of what is expected,
// and never crashes. A codec's factory returns kUnsupported or kInvalidArgument for a configuration
// that it does not know, naming the offending member.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "core/base/bytes.h"
#include "core/base/registry.h"
#include "core/base/result.h"
#include "core/geometry/data_type.h"
#include "core/geometry/shape.h"

namespace neurofs {

// One decoded chunk as a step sees it: `shape` already permuted by the transposes before it, the
// type and the fill value those that the element-wise codecs before it give.
struct ChunkSpec {
  Dims shape;
  DataType dtype = DataType::kUint8;
  ByteVector fill;  // one element, native byte order; empty where a codec before it defines none
};

// A codec that works on each element by itself, so that any part of a chunk can be decoded alone and
// the place in memory of an element does not matter.
class ArrayToArrayCodec {
 public:
  virtual ~ArrayToArrayCodec() = default;
  // The type that the codecs after this one see.
  virtual DataType encoded_type() const = 0;
  // `count` dense elements in native byte order on both sides; no overlap; no alignment is needed.
  // kInvalidArgument for an element that has no value on the other side.
  virtual Status decode(const std::byte* encoded, std::byte* decoded, size_t count) const = 0;
  virtual Status encode(const std::byte* decoded, std::byte* encoded, size_t count) const = 0;
  // False when the codec's definition leaves the fill value's encoding open (numcodecs' own).
  virtual bool encodes_fill() const { return true; }
};

class ArrayToBytesCodec {
 public:
  virtual ~ArrayToBytesCodec() = default;
  // True when encoded bytes are the elements in C order, possibly in another byte order.
  virtual bool is_raw() const { return false; }
  // True when is_raw() and the stored byte order is not this machine's.
  virtual bool swaps_bytes() const { return false; }
  // The exact encoded size if it does not depend on the data, else 0.
  virtual size_t fixed_encoded_size() const { return 0; }
  // An upper bound of any plausible encoding.
  virtual size_t max_encoded_size() const = 0;
  // decoded: elements in C order of the chunk's (permuted) shape, native byte order.
  virtual Status decode(Bytes encoded, MutableBytes decoded) const = 0;
  virtual Result<ByteVector> encode(Bytes decoded) const = 0;
};

class BytesToBytesCodec {
 public:
  virtual ~BytesToBytesCodec() = default;
  // Encoded size for an input of exactly `decoded_size` bytes if it does not depend on the data,
  // else 0.
  virtual size_t fixed_encoded_size(size_t decoded_size) const {
    (void)decoded_size;
    return 0;
  }
  virtual size_t max_encoded_size(size_t max_decoded_size) const = 0;
  // Decodes into exactly decoded.size() bytes; fewer or more is kCorrupt.
  virtual Status decode_exact(Bytes encoded, MutableBytes decoded) const = 0;
  // Decodes at most `max_size` bytes, where the size is not known beforehand (a step before another
  // compressor); more is kCorrupt.
  virtual Result<ByteVector> decode_bounded(Bytes encoded, size_t max_size) const = 0;
  // True when the payload is a part of the encoded bytes themselves (crc32c): then strip() checks
  // the rest and returns the payload without a copy. Precondition of strip(): strips().
  virtual bool strips() const { return false; }
  virtual Result<Bytes> strip(Bytes encoded) const;
  // Not 0: encoding groups the bytes of elements of this size by significance, and does nothing else.
  virtual size_t shuffled_item() const { return 0; }
  virtual Result<ByteVector> encode(Bytes decoded) const = 0;
};

using ArrayToArrayFactory = std::function<Result<std::shared_ptr<const ArrayToArrayCodec>>(
    const nlohmann::json& configuration, const ChunkSpec& spec)>;
using ArrayToBytesFactory = std::function<Result<std::shared_ptr<const ArrayToBytesCodec>>(
    const nlohmann::json& configuration, const ChunkSpec& spec)>;
using BytesToBytesFactory = std::function<Result<std::shared_ptr<const BytesToBytesCodec>>(
    const nlohmann::json& configuration, const ChunkSpec& spec)>;

using ArrayToArrayRegistry = Registry<ArrayToArrayFactory>;
using ArrayToBytesRegistry = Registry<ArrayToBytesFactory>;
using BytesToBytesRegistry = Registry<BytesToBytesFactory>;

}  // namespace neurofs
