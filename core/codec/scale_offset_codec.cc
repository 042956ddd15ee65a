// `scale_offset`: (x - offset) * scale, in the arithmetic of the array's own type.
// Source: zarr-extensions, codec `scale_offset`.

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/codec/codec.h"
#include "core/codec/codec_config.h"
#include "core/codec/exact_number.h"
#include "core/codec/scale_rule.h"

namespace neurofs {

namespace {

class ScaleOffsetCodec final : public ArrayToArrayCodec {
 public:
  ScaleOffsetCodec(ScaleRule rule, DataType type) : rule_(std::move(rule)), type_(type) {}

  DataType encoded_type() const override { return type_; }
  Status decode(const std::byte* encoded, std::byte* decoded, size_t count) const override {
    std::memcpy(decoded, encoded, count * item_size(type_));
    return rule_.revert(decoded, count);
  }
  Status encode(const std::byte* decoded, std::byte* encoded, size_t count) const override {
    std::memcpy(encoded, decoded, count * item_size(type_));
    return rule_.apply(encoded, count);
  }

 private:
  ScaleRule rule_;
  DataType type_;
};

Result<std::shared_ptr<const ArrayToArrayCodec>> make_scale_offset(
    const nlohmann::json& configuration, const ChunkSpec& spec) {
  const CodecConfig config("scale_offset", configuration);
  NF_TRY(config.allow_only({"scale", "offset"}));
  if (!is_number(spec.dtype)) {
    return unsupported("codec scale_offset: elements of " + std::string(zarr_name(spec.dtype)) +
                       " are not integers or floating-point numbers");
  }
  auto rule = ScaleRule::read(config, spec.dtype);
  if (!rule.ok()) return rule.status().with_context("codec scale_offset");
  return std::shared_ptr<const ArrayToArrayCodec>(
      std::make_shared<ScaleOffsetCodec>(std::move(rule).value(), spec.dtype));
}

const Registration<ArrayToArrayRegistry> kScaleOffset("scale_offset",
                                                      "(x - offset) * scale, in the array's type",
                                                      make_scale_offset);

}  // namespace

}  // namespace neurofs
