// `astype`: elements stored as another number type, by NumPy's rules.
// Source: numcodecs AsType.

#include <nlohmann/json.hpp>

#include "core/codec/cast_rule.h"
#include "core/codec/codec.h"
#include "core/codec/numcodecs_type.h"

namespace neurofs {

namespace {

class AsTypeCodec final : public ArrayToArrayCodec {
 public:
  AsTypeCodec(DataType decoded, DataType encoded)
      : encode_(CastRule::as_numpy(decoded, encoded)),
        decode_(CastRule::as_numpy(encoded, decoded)) {}

  DataType encoded_type() const override { return encode_.to; }
  Status decode(const std::byte* encoded, std::byte* decoded, size_t count) const override {
    return decode_.convert(encoded, decoded, count);
  }
  Status encode(const std::byte* decoded, std::byte* encoded, size_t count) const override {
    return encode_.convert(decoded, encoded, count);
  }
  bool encodes_fill() const override { return false; }

 private:
  CastRule encode_;
  CastRule decode_;
};

Result<std::shared_ptr<const ArrayToArrayCodec>> make_astype(const nlohmann::json& configuration,
                                                             const ChunkSpec& spec) {
  const CodecConfig config("astype", configuration);
  NF_TRY(config.allow_only({"encode_dtype", "decode_dtype"}));
  NF_TRY(check_numcodecs_type(config, "decode_dtype", spec.dtype));
  if (!config.find("encode_dtype")) return config.wrong("encode_dtype", "a NumPy type");
  NF_ASSIGN(const DataType encoded, read_numcodecs_type(config, "encode_dtype", spec.dtype));
  return std::shared_ptr<const ArrayToArrayCodec>(
      std::make_shared<AsTypeCodec>(spec.dtype, encoded));
}

const Registration<ArrayToArrayRegistry> kAsType("astype", "elements as another NumPy type",
                                                 make_astype);
const Registration<ArrayToArrayRegistry> kAlias("numcodecs.astype", "zarr-python's name for astype",
                                                make_astype);

}  // namespace

}  // namespace neurofs
