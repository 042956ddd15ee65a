#include "core/codec/codec.h"

namespace neurofs {

Result<Bytes> BytesToBytesCodec::strip(Bytes) const {
  return internal_error("strip() called on a codec that cannot strip");
}

}  // namespace neurofs
