// Filter: the common part of bytes-to-bytes codecs that keep the size (shuffle, delta).
//
// Purpose: a codec writes the two transformations; sizes are checked here.
// Thread-safety, ownership, errors: as BytesToBytesCodec.
#pragma once

#include "core/codec/codec.h"

namespace neurofs {

class Filter : public BytesToBytesCodec {
 public:
  size_t fixed_encoded_size(size_t decoded_size) const override { return decoded_size; }
  size_t max_encoded_size(size_t max_decoded_size) const override { return max_decoded_size; }
  Status decode_exact(Bytes encoded, MutableBytes decoded) const override;
  Result<ByteVector> decode_bounded(Bytes encoded, size_t max_size) const override;
  Result<ByteVector> encode(Bytes decoded) const override;

 protected:
  // Bytes of the elements that the filter works on: every size is a multiple of it.
  virtual size_t unit() const = 0;
  // from.size() == to.size(), a multiple of unit(); no overlap.
  virtual void forward(Bytes from, MutableBytes to) const = 0;
  virtual void backward(Bytes from, MutableBytes to) const = 0;
};

}  // namespace neurofs
