// `gzip`: DEFLATE in gzip members, whose CRC-32 and length are checked.
// Source: Zarr v3 "Gzip codec" (version 1.0); numcodecs GZip.

#include <nlohmann/json.hpp>

#include "core/codec/codec_config.h"
#include "core/codec/compressor.h"
#include "core/codec/deflate.h"

namespace neurofs {

namespace {

class GzipCodec final : public Compressor {
 public:
  explicit GzipCodec(int level) : level_(level) {}
  Result<ByteVector> encode(Bytes decoded) const override {
    return deflate_all(decoded, DeflateWrapping::kGzip, level_);
  }

 protected:
  Status decode_into(Bytes encoded, BoundedOutput* output) const override {
    return inflate_all(encoded, DeflateWrapping::kGzip, output);
  }

 private:
  int level_;
};

Result<std::shared_ptr<const BytesToBytesCodec>> make_gzip(const nlohmann::json& configuration,
                                                           const ChunkSpec&) {
  constexpr int kDefaultLevel = 5;  // zarr-python's
  const CodecConfig config("gzip", configuration);
  NF_TRY(config.allow_only({"level"}));
  NF_ASSIGN(const int64_t level, config.integer("level", 0, 9, kDefaultLevel));
  return std::shared_ptr<const BytesToBytesCodec>(
      std::make_shared<GzipCodec>(static_cast<int>(level)));
}

const Registration<BytesToBytesRegistry> kGzip("gzip", "DEFLATE in gzip members (RFC 1952)",
                                               make_gzip);
const Registration<BytesToBytesRegistry> kAlias("numcodecs.gzip", "zarr-python's name for gzip",
                                                make_gzip);

}  // namespace

}  // namespace neurofs
