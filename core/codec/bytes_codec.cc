// `bytes`: the elements in C order, in the byte order that the metadata names.
// Source: Zarr v3 "Bytes codec" (version 1.0).

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/checked.h"
#include "core/codec/byte_swap.h"
#include "core/codec/codec.h"
#include "core/codec/codec_config.h"

namespace neurofs {

namespace {

class BytesCodec final : public ArrayToBytesCodec {
 public:
  BytesCodec(size_t size, size_t unit) : size_(size), unit_(unit) {}

  bool is_raw() const override { return true; }
  bool swaps_bytes() const override { return unit_ > 1; }
  size_t fixed_encoded_size() const override { return size_; }
  size_t max_encoded_size() const override { return size_; }

  Status decode(Bytes encoded, MutableBytes decoded) const override {
    if (encoded.size() != decoded.size()) {
      return corrupt("the chunk has " + std::to_string(encoded.size()) + " bytes, not " +
                     std::to_string(decoded.size()));
    }
    if (!decoded.empty()) std::memcpy(decoded.data(), encoded.data(), decoded.size());
    byte_swap(decoded, unit_);
    return {};
  }

  Result<ByteVector> encode(Bytes decoded) const override {
    ByteVector encoded(decoded.begin(), decoded.end());
    byte_swap(encoded, unit_);
    return encoded;
  }

 private:
  size_t size_;
  size_t unit_;  // 1 when the stored order is this machine's
};

Result<std::shared_ptr<const ArrayToBytesCodec>> make_bytes(const nlohmann::json& configuration,
                                                            const ChunkSpec& spec) {
  const CodecConfig config("bytes", configuration);
  NF_TRY(config.allow_only({"endian"}));
  NF_ASSIGN(const std::string endian, config.text("endian", ""));
  const size_t unit = swap_unit(spec.dtype);
  const bool known = endian == "little" || endian == "big";
  if (!known && !(endian.empty() && unit == 1)) return config.wrong("endian", "little or big");
  NF_ASSIGN(const Index count, element_count(spec.shape));
  size_t size = 0;
  if (!checked_mul<size_t>(static_cast<size_t>(count), item_size(spec.dtype), &size)) {
    return overflow("a chunk of shape " + to_string(spec.shape) + " passes 2^64 bytes");
  }
  constexpr bool kLittle = std::endian::native == std::endian::little;
  const bool swaps = known && (endian == "little") != kLittle;
  return std::shared_ptr<const ArrayToBytesCodec>(
      std::make_shared<BytesCodec>(size, swaps ? unit : 1));
}

const Registration<ArrayToBytesRegistry> kBytes("bytes",
                                                "elements in C order, little or big endian",
                                                make_bytes);

}  // namespace

}  // namespace neurofs
