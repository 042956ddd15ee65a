// `cast_value`: each element as the nearest value of another number type.
//
// Rules for rounding and for what is out of range stand in the configuration, and so do pairs of
// values that are exchanged whatever the rules say (NaN for 0, say). Both directions use them.
// Source: zarr-extensions, codec `cast_value`.

#include <nlohmann/json.hpp>

#include "core/codec/cast_rule.h"
#include "core/codec/codec.h"
#include "core/codec/codec_config.h"
#include "core/codec/fill_value.h"

namespace neurofs {

namespace {

using nlohmann::json;

// Every element is compared with each pair: more of them are no map but a table.
constexpr size_t kMostPairs = 256;

class CastValueCodec final : public ArrayToArrayCodec {
 public:
  CastValueCodec(CastRule encode, CastRule decode)
      : encode_(std::move(encode)), decode_(std::move(decode)) {}

  DataType encoded_type() const override { return encode_.to; }
  Status decode(const std::byte* encoded, std::byte* decoded, size_t count) const override {
    return decode_.convert(encoded, decoded, count);
  }
  Status encode(const std::byte* decoded, std::byte* encoded, size_t count) const override {
    return encode_.convert(decoded, encoded, count);
  }

 private:
  CastRule encode_;
  CastRule decode_;
};

Result<DataType> read_type(const CodecConfig& config) {
  NF_ASSIGN(const std::string name, config.text("data_type", ""));
  const auto type = parse_data_type(name);
  if (!type.ok() || zarr_name(*type) != name || !is_number(*type)) {
    return unsupported("codec cast_value: data_type " + excerpt(name) +
                       " is not an integer or floating-point type that this build knows");
  }
  return *type;
}

Result<Rounding> read_rounding(const CodecConfig& config) {
  NF_ASSIGN(const std::string name, config.text("rounding", "nearest-even"));
  if (name == "nearest-even") return Rounding::kNearestEven;
  if (name == "towards-zero") return Rounding::kTowardsZero;
  if (name == "towards-positive") return Rounding::kTowardsPositive;
  if (name == "towards-negative") return Rounding::kTowardsNegative;
  if (name == "nearest-away") return Rounding::kNearestAway;
  return config.wrong("rounding",
                      "nearest-even, towards-zero, towards-positive, towards-negative or "
                      "nearest-away");
}

Result<OutOfRange> read_out_of_range(const CodecConfig& config, DataType encoded) {
  NF_ASSIGN(const std::string name, config.text("out_of_range", ""));
  if (!config.find("out_of_range")) return OutOfRange::kRefuse;
  if (name == "clamp") return OutOfRange::kClamp;
  if (name == "wrap" && is_integer(encoded)) return OutOfRange::kWrap;
  return config.wrong("out_of_range", "clamp, or wrap where data_type is an integer type");
}

// The specification's own example writes "+Infinity", which no fill value may be.
Result<ByteVector> read_scalar(const json& value, DataType type) {
  const bool is_signed_infinity = value.is_string() && value == "+Infinity";
  return parse_fill_value(is_signed_infinity ? json("Infinity") : value, type,
                          "codec cast_value: a value of scalar_map");
}

Result<std::vector<CastRule::Pair>> read_pairs(const json& map, const char* direction,
                                               DataType from, DataType to) {
  std::vector<CastRule::Pair> pairs;
  const auto list = map.find(direction);
  if (list == map.end() || list->is_null()) return pairs;
  const std::string member = std::string("codec cast_value: scalar_map.") + direction;
  if (!list->is_array()) return wrong_member(member, *list, "a list of pairs");
  if (list->size() > kMostPairs) {
    return unsupported(member + " has " + std::to_string(list->size()) + " pairs; at most " +
                       std::to_string(kMostPairs) + " are supported");
  }
  for (const json& pair : *list) {
    if (!pair.is_array() || pair.size() != 2) {
      return wrong_member(member, pair, "a list of two values");
    }
    NF_ASSIGN(const ByteVector key, read_scalar(pair[0], from));
    NF_ASSIGN(ByteVector value, read_scalar(pair[1], to));
    pairs.emplace_back(load_number(key.data(), from), std::move(value));
  }
  return pairs;
}

Status read_scalar_map(const CodecConfig& config, CastRule* encode, CastRule* decode) {
  const json* map = config.find("scalar_map");
  if (!map) return {};
  NF_TRY(CodecConfig("cast_value: scalar_map", *map).allow_only({"encode", "decode"}));
  NF_ASSIGN(encode->pairs, read_pairs(*map, "encode", encode->from, encode->to));
  NF_ASSIGN(decode->pairs, read_pairs(*map, "decode", decode->from, decode->to));
  return {};
}

Result<std::shared_ptr<const ArrayToArrayCodec>> make_cast_value(const json& configuration,
                                                                 const ChunkSpec& spec) {
  const CodecConfig config("cast_value", configuration);
  NF_TRY(config.allow_only({"data_type", "rounding", "out_of_range", "scalar_map"}));
  if (!is_number(spec.dtype)) {
    return unsupported("codec cast_value: elements of " + std::string(zarr_name(spec.dtype)) +
                       " are not integers or floating-point numbers");
  }
  NF_ASSIGN(const DataType encoded, read_type(config));
  NF_ASSIGN(const Rounding rounding, read_rounding(config));
  NF_ASSIGN(const OutOfRange out_of_range, read_out_of_range(config, encoded));
  CastRule encode{spec.dtype, encoded, rounding, out_of_range, {}};
  CastRule decode{encoded, spec.dtype, rounding, out_of_range, {}};
  NF_TRY(read_scalar_map(config, &encode, &decode));
  return std::shared_ptr<const ArrayToArrayCodec>(
      std::make_shared<CastValueCodec>(std::move(encode), std::move(decode)));
}

const Registration<ArrayToArrayRegistry> kCastValue("cast_value",
                                                    "each element as another number type",
                                                    make_cast_value);

}  // namespace

}  // namespace neurofs
