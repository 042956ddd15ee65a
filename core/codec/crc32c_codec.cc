// `crc32c`: four little-endian bytes of CRC-32C after the payload.
// Source: Zarr v3 "CRC32C checksum codec" (version 1.0).

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/crc32c.h"
#include "core/codec/codec.h"
#include "core/codec/codec_config.h"
#include "core/codec/encoded_bound.h"
#include "core/codec/little_endian.h"

namespace neurofs {

namespace {

class Crc32cCodec final : public BytesToBytesCodec {
 public:
  size_t fixed_encoded_size(size_t decoded_size) const override {
    return bound_plus(decoded_size, kChecksumSize);
  }
  size_t max_encoded_size(size_t max_decoded_size) const override {
    return bound_plus(max_decoded_size, kChecksumSize);
  }

  bool strips() const override { return true; }
  Result<Bytes> strip(Bytes encoded) const override {
    if (encoded.size() < kChecksumSize) {
      return corrupt(std::to_string(encoded.size()) + " bytes are too few for a checksum");
    }
    const Bytes payload = encoded.first(encoded.size() - kChecksumSize);
    const uint32_t stored = load_le32(encoded.last(kChecksumSize));
    const uint32_t computed = crc32c(payload);
    if (stored != computed) {
      return corrupt("checksum of " + std::to_string(payload.size()) + " bytes is " +
                     std::to_string(computed) + ", stored is " + std::to_string(stored));
    }
    return payload;
  }

  Status decode_exact(Bytes encoded, MutableBytes decoded) const override {
    NF_ASSIGN(const Bytes payload, strip(encoded));
    if (payload.size() != decoded.size()) {
      return corrupt("payload has " + std::to_string(payload.size()) + " bytes, not " +
                     std::to_string(decoded.size()));
    }
    if (!decoded.empty()) std::memcpy(decoded.data(), payload.data(), payload.size());
    return {};
  }

  Result<ByteVector> decode_bounded(Bytes encoded, size_t max_size) const override {
    NF_ASSIGN(const Bytes payload, strip(encoded));
    if (payload.size() > max_size) {
      return corrupt("payload has " + std::to_string(payload.size()) + " bytes, more than " +
                     std::to_string(max_size));
    }
    return ByteVector(payload.begin(), payload.end());
  }

  Result<ByteVector> encode(Bytes decoded) const override {
    ByteVector encoded(decoded.size() + kChecksumSize);
    if (!decoded.empty()) std::memcpy(encoded.data(), decoded.data(), decoded.size());
    store_le32(crc32c(decoded), MutableBytes(encoded).last(kChecksumSize));
    return encoded;
  }

 private:
  static constexpr size_t kChecksumSize = 4;
};

Result<std::shared_ptr<const BytesToBytesCodec>> make_crc32c(const nlohmann::json& configuration,
                                                             const ChunkSpec&) {
  NF_TRY(CodecConfig("crc32c", configuration).allow_only({}));
  return std::shared_ptr<const BytesToBytesCodec>(std::make_shared<Crc32cCodec>());
}

const Registration<BytesToBytesRegistry> kCrc32c("crc32c", "CRC-32C after the payload",
                                                 make_crc32c);

const Registration<BytesToBytesRegistry> kAlias("numcodecs.crc32c", "zarr-python's name for crc32c",
                                                make_crc32c);

}  // namespace

}  // namespace neurofs
