// `zlib`: DEFLATE in a zlib stream, whose Adler-32 is checked; Zarr v2's classic compressor.
// Source: RFC 1950; numcodecs Zlib.

#include <nlohmann/json.hpp>

#include "core/codec/codec_config.h"
#include "core/codec/compressor.h"
#include "core/codec/deflate.h"

namespace neurofs {

namespace {

class ZlibCodec final : public Compressor {
 public:
  explicit ZlibCodec(int level) : level_(level) {}
  Result<ByteVector> encode(Bytes decoded) const override {
    return deflate_all(decoded, DeflateWrapping::kZlib, level_);
  }

 protected:
  Status decode_into(Bytes encoded, BoundedOutput* output) const override {
    return inflate_all(encoded, DeflateWrapping::kZlib, output);
  }

 private:
  int level_;
};

Result<std::shared_ptr<const BytesToBytesCodec>> make_zlib(const nlohmann::json& configuration,
                                                           const ChunkSpec&) {
  constexpr int kDefaultLevel = 1;  // numcodecs'
  const CodecConfig config("zlib", configuration);
  NF_TRY(config.allow_only({"level"}));
  NF_ASSIGN(const int64_t level, config.integer("level", -1, 9, kDefaultLevel));
  return std::shared_ptr<const BytesToBytesCodec>(
      std::make_shared<ZlibCodec>(static_cast<int>(level)));
}

const Registration<BytesToBytesRegistry> kZlib("zlib", "DEFLATE in a zlib stream (RFC 1950)",
                                               make_zlib);
const Registration<BytesToBytesRegistry> kAlias("numcodecs.zlib", "zarr-python's name for zlib",
                                                make_zlib);

}  // namespace

}  // namespace neurofs
