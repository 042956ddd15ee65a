// Compressor: the common part of bytes-to-bytes codecs whose output size depends on the data.
//
// Purpose: a codec writes one decode_into; the exact and the bounded form of decoding follow.
// Thread-safety, ownership, errors: as BytesToBytesCodec.
#pragma once

#include "core/codec/bounded_output.h"
#include "core/codec/codec.h"
#include "core/codec/encoded_bound.h"

namespace neurofs {

class Compressor : public BytesToBytesCodec {
 public:
  size_t max_encoded_size(size_t max_decoded_size) const override {
    return compressed_bound(max_decoded_size);
  }

  Status decode_exact(Bytes encoded, MutableBytes decoded) const override {
    BoundedOutput output(decoded);
    NF_TRY(decode_into(encoded, &output));
    return output.finish();
  }

  Result<ByteVector> decode_bounded(Bytes encoded, size_t max_size) const override {
    BoundedOutput output(max_size);
    NF_TRY(decode_into(encoded, &output));
    return output.take();
  }

 protected:
  // Decodes all of `encoded`; bytes left over are kCorrupt.
  virtual Status decode_into(Bytes encoded, BoundedOutput* output) const = 0;
};

}  // namespace neurofs
