// `lz4`: one raw LZ4 block after its decoded size, four little-endian bytes.
// Source: numcodecs LZ4; LZ4 block format.

#include <lz4.h>

#include <climits>
#include <nlohmann/json.hpp>

#include "core/codec/codec_config.h"
#include "core/codec/compressor.h"
#include "core/codec/little_endian.h"

namespace neurofs {

namespace {

constexpr size_t kHeaderSize = 4;

class Lz4Codec final : public Compressor {
 public:
  explicit Lz4Codec(int acceleration) : acceleration_(acceleration) {}

  Result<ByteVector> encode(Bytes decoded) const override {
    if (decoded.size() > LZ4_MAX_INPUT_SIZE) {
      return invalid_argument("codec lz4: " + std::to_string(decoded.size()) +
                              " bytes pass its limit of 2 GiB; use smaller chunks");
    }
    const int bound = LZ4_compressBound(static_cast<int>(decoded.size()));
    ByteVector encoded(kHeaderSize + static_cast<size_t>(bound));
    store_le32(static_cast<uint32_t>(decoded.size()), encoded);
    const int size = LZ4_compress_fast(reinterpret_cast<const char*>(decoded.data()),
                                       reinterpret_cast<char*>(encoded.data() + kHeaderSize),
                                       static_cast<int>(decoded.size()), bound, acceleration_);
    if (size <= 0) return internal_error("LZ4_compress_fast returned " + std::to_string(size));
    encoded.resize(kHeaderSize + static_cast<size_t>(size));
    return encoded;
  }

 protected:
  Status decode_into(Bytes encoded, BoundedOutput* output) const override {
    if (encoded.size() <= kHeaderSize) {
      return corrupt(std::to_string(encoded.size()) + " bytes are too few for an LZ4 block");
    }
    const size_t size = load_le32(encoded);
    const Bytes block = encoded.subspan(kHeaderSize);
    if (size > INT_MAX || block.size() > INT_MAX) return corrupt("the LZ4 block passes 2 GiB");
    constexpr size_t kMaxExpansion = 256;  // the format's limit is 255 to 1
    NF_ASSIGN(const MutableBytes decoded, output->claim(size, kMaxExpansion * block.size()));
    std::byte none{};  // LZ4 wants an address even for no bytes
    std::byte* to = decoded.empty() ? &none : decoded.data();
    const int made = LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()),
                                         reinterpret_cast<char*>(to),
                                         static_cast<int>(block.size()), static_cast<int>(size));
    if (made < 0 || static_cast<size_t>(made) != size) {
      return corrupt("the LZ4 block does not decode to the " + std::to_string(size) +
                     " bytes it declares");
    }
    return {};
  }

 private:
  int acceleration_;
};

Result<std::shared_ptr<const BytesToBytesCodec>> make_lz4(const nlohmann::json& configuration,
                                                          const ChunkSpec&) {
  const CodecConfig config("lz4", configuration);
  NF_TRY(config.allow_only({"acceleration"}));
  NF_ASSIGN(const int64_t acceleration, config.integer("acceleration", INT_MIN, INT_MAX, 1));
  return std::shared_ptr<const BytesToBytesCodec>(
      std::make_shared<Lz4Codec>(static_cast<int>(acceleration)));
}

const Registration<BytesToBytesRegistry> kLz4("lz4", "an LZ4 block after its size (numcodecs)",
                                              make_lz4);
const Registration<BytesToBytesRegistry> kAlias("numcodecs.lz4", "zarr-python's name for lz4",
                                                make_lz4);

}  // namespace

}  // namespace neurofs
