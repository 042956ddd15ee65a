// `fixedscaleoffset`: round((x - offset) * scale), stored as another number type.
//
// NumPy's rules choose the type in which each direction computes: float64 when its input is an integer
// type, else the input's own. A value that the stored type cannot hold is refused, where numcodecs
// writes another one without a word.
// Source: numcodecs FixedScaleOffset; NumPy NEP 50.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/codec/cast_rule.h"
#include "core/codec/codec.h"
#include "core/codec/numcodecs_type.h"
#include "core/codec/scale_rule.h"

namespace neurofs {

namespace {

constexpr size_t kBatch = 256;  // elements computed at a time

// One direction: from a type to that in which it computes, through `scale`, and on.
struct Direction {
  CastRule to_compute;
  ScaleRule scale;
  CastRule from_compute;
};

using Batch = std::array<std::byte, kBatch * sizeof(double)>;

template <typename Transform>
Status run(const Direction& direction, const std::byte* from, std::byte* to, size_t count,
           Transform transform) {
  Batch values;
  for (size_t i = 0; i < count; i += kBatch) {
    const size_t n = std::min(kBatch, count - i);
    NF_TRY(direction.to_compute.convert(from + i * item_size(direction.to_compute.from),
                                        values.data(), n));
    NF_TRY(transform(values.data(), n));
    NF_TRY(direction.from_compute.convert(values.data(),
                                          to + i * item_size(direction.from_compute.to), n));
  }
  return {};
}

class FixedScaleOffsetCodec final : public ArrayToArrayCodec {
 public:
  FixedScaleOffsetCodec(Direction encode, Direction decode)
      : encode_(std::move(encode)),
        decode_(std::move(decode)),
        to_double_(CastRule::as_numpy(encode_.to_compute.to, DataType::kFloat64)) {}

  DataType encoded_type() const override { return encode_.from_compute.to; }
  bool encodes_fill() const override { return false; }

  Status decode(const std::byte* encoded, std::byte* decoded, size_t count) const override {
    return run(decode_, encoded, decoded, count,
               [&](std::byte* values, size_t n) { return decode_.scale.revert(values, n); });
  }

  Status encode(const std::byte* decoded, std::byte* encoded, size_t count) const override {
    return run(encode_, decoded, encoded, count, [&](std::byte* values, size_t n) -> Status {
      NF_TRY(encode_.scale.apply(values, n));
      Batch scaled;
      std::memcpy(scaled.data(), values, n * item_size(to_double_.from));
      NF_TRY(to_double_.convert(scaled.data(), values, n));
      round_whole(values, n);
      return {};
    });
  }

 private:
  static void round_whole(std::byte* values, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      double value = 0;
      std::memcpy(&value, values + i * sizeof value, sizeof value);
      value = std::nearbyint(value);
      std::memcpy(values + i * sizeof value, &value, sizeof value);
    }
  }

  Direction encode_;
  Direction decode_;
  CastRule to_double_;  // exact
};

Result<Direction> make_direction(const CodecConfig& config, DataType from, DataType to) {
  const DataType compute = scaled_type(from);
  auto scale = ScaleRule::read(config, compute);
  if (!scale.ok()) return scale.status().with_context("codec fixedscaleoffset");
  return Direction{CastRule::as_numpy(from, compute), std::move(scale).value(),
                   CastRule::as_numpy(compute, to)};
}

Result<std::shared_ptr<const ArrayToArrayCodec>> make_fixed_scale_offset(
    const nlohmann::json& configuration, const ChunkSpec& spec) {
  const CodecConfig config("fixedscaleoffset", configuration);
  NF_TRY(config.allow_only({"scale", "offset", "dtype", "astype"}));
  NF_TRY(check_numcodecs_type(config, "dtype", spec.dtype));
  NF_ASSIGN(const DataType encoded, read_numcodecs_type(config, "astype", spec.dtype));
  for (const char* member : {"scale", "offset"}) {
    const nlohmann::json* value = config.find(member);
    if (!value || !value->is_number()) return config.wrong(member, "a number");
  }
  if (is_integer(spec.dtype) && item_size(spec.dtype) > 4) {
    return unsupported("codec fixedscaleoffset: dtype " + std::string(zarr_name(spec.dtype)) +
                       " has values that a float64 cannot hold; integers of at most 32 bits and "
                       "floating-point types are supported");
  }
  NF_ASSIGN(Direction encode, make_direction(config, spec.dtype, encoded));
  NF_ASSIGN(Direction decode, make_direction(config, encoded, spec.dtype));
  encode.from_compute = CastRule::as_numpy(DataType::kFloat64, encoded);
  return std::shared_ptr<const ArrayToArrayCodec>(
      std::make_shared<FixedScaleOffsetCodec>(std::move(encode), std::move(decode)));
}

const Registration<ArrayToArrayRegistry> kFixedScaleOffset(
    "fixedscaleoffset", "round((x - offset) * scale) as another NumPy type",
    make_fixed_scale_offset);
const Registration<ArrayToArrayRegistry> kAlias("numcodecs.fixedscaleoffset",
                                                "zarr-python's name for fixedscaleoffset",
                                                make_fixed_scale_offset);

}  // namespace

}  // namespace neurofs
