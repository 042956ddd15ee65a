#include "core/codec/filter.h"

#include <string>

namespace neurofs {

namespace {

std::string not_whole(size_t size, size_t unit) {
  return std::to_string(size) + " bytes are no whole number of elements of " + std::to_string(unit);
}

}  // namespace

Status Filter::decode_exact(Bytes encoded, MutableBytes decoded) const {
  if (encoded.size() != decoded.size()) {
    return corrupt("has " + std::to_string(encoded.size()) + " bytes, not the " +
                   std::to_string(decoded.size()) + " expected");
  }
  if (encoded.size() % unit() != 0) return corrupt(not_whole(encoded.size(), unit()));
  backward(encoded, decoded);
  return {};
}

Result<ByteVector> Filter::decode_bounded(Bytes encoded, size_t max_size) const {
  if (encoded.size() > max_size) {
    return corrupt("has " + std::to_string(encoded.size()) + " bytes, more than the " +
                   std::to_string(max_size) + " expected");
  }
  ByteVector decoded(encoded.size());
  NF_TRY(decode_exact(encoded, decoded));
  return decoded;
}

Result<ByteVector> Filter::encode(Bytes decoded) const {
  if (decoded.size() % unit() != 0) return invalid_argument(not_whole(decoded.size(), unit()));
  ByteVector encoded(decoded.size());
  forward(decoded, encoded);
  return encoded;
}

}  // namespace neurofs
