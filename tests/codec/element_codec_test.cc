// The element-wise codecs in a chain: types and fill values on the way, parts of raw chunks, refusals.
// What each makes of each element is compared with its writers' in element_interop_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/codec/cast_rule.h"
#include "core/codec/codec_chain.h"

namespace neurofs {
namespace {

using nlohmann::json;
using testing::HasSubstr;

template <typename T>
ByteVector bytes_of(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

template <typename T>
Result<CodecChain> chain_of(DataType dtype, T fill, Dims shape, const char* codecs) {
  return CodecChain::parse(json::parse(codecs), {std::move(shape), dtype, bytes_of<T>({fill})});
}

Status parse_status(const std::string& codec, DataType dtype = DataType::kFloat32) {
  const json codecs = {json::parse(codec), "bytes"};
  return CodecChain::parse(codecs, {{4}, dtype, ByteVector(item_size(dtype))}).status();
}

constexpr const char* kQuantised =
    R"([{"name": "scale_offset", "configuration": {"offset": -10, "scale": 0.5}},
        {"name": "cast_value", "configuration": {"data_type": "uint8",
            "scalar_map": {"encode": [["NaN", 255]], "decode": [[255, "NaN"]]}}},
        {"name": "bytes"}])";

TEST(ElementCodecs, AQuantisedChunkDecodesToFloats) {
  const auto chain = chain_of<float>(DataType::kFloat32, NAN, {2, 2}, kQuantised);
  ASSERT_TRUE(chain.ok()) << chain.status().to_string();
  EXPECT_TRUE(chain->is_raw());
  EXPECT_TRUE(chain->transforms_elements());
  EXPECT_EQ(chain->decoded_size(), 16u);
  EXPECT_EQ(chain->fixed_encoded_size(), 4u);
  const ByteVector stored = bytes_of<uint8_t>({5, 6, 0, 255});
  ByteVector decoded(16);
  ASSERT_TRUE(chain->decode(stored, decoded).ok());
  float values[4];
  std::memcpy(values, decoded.data(), sizeof values);
  EXPECT_EQ(values[0], 0.0f);
  EXPECT_EQ(values[1], 2.0f);
  EXPECT_EQ(values[2], -10.0f);
  EXPECT_TRUE(std::isnan(values[3]));
  EXPECT_EQ(*chain->encode(decoded), stored);
}

TEST(ElementCodecs, APartOfARawChunkIsReadAlone) {
  const auto chain =
      chain_of<int16_t>(DataType::kInt16, 0, {40, 30},
                        R"([{"name": "cast_value", "configuration": {"data_type": "int32"}},
          {"name": "transpose", "configuration": {"order": [1, 0]}},
          {"name": "scale_offset", "configuration": {"scale": 3}},
          {"name": "bytes", "configuration": {"endian": "big"}}])");
  ASSERT_TRUE(chain.ok()) << chain.status().to_string();
  std::vector<int16_t> values(1200);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int16_t>(i * 37 - 20000);
  const ByteVector decoded = bytes_of(values);
  const auto encoded = chain->encode(decoded);
  ASSERT_TRUE(encoded.ok()) << encoded.status().to_string();
  EXPECT_EQ(encoded->size(), 4800u);
  for (const ByteRange want : {ByteRange{0, 2}, {200, 600}, {2398, 2}, {0, 2400}, {6, 0}}) {
    const ByteRange part = chain->encoded_part(want);
    EXPECT_EQ(part, (ByteRange{2 * want.offset, 2 * want.length}));
    ByteVector some(encoded->begin() + part.offset, encoded->begin() + part.end());
    ByteVector out(want.length);
    ASSERT_TRUE(chain->decode_raw_part(some, out).ok());
    EXPECT_TRUE(std::equal(out.begin(), out.end(), decoded.begin() + want.offset));
  }
}

TEST(ElementCodecs, CompressorsSeeTheEncodedType) {
  const auto chain =
      chain_of<double>(DataType::kFloat64, 0, {5000},
                       R"([{"name": "cast_value", "configuration": {"data_type": "float32"}},
          {"name": "bytes", "configuration": {"endian": "little"}},
          {"name": "numcodecs.shuffle"}, "zstd", "crc32c"])");
  ASSERT_TRUE(chain.ok()) << chain.status().to_string();
  EXPECT_FALSE(chain->is_raw());
  std::vector<double> values(5000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i) / 4;
  const ByteVector decoded = bytes_of(values);
  const auto encoded = chain->encode(decoded);
  ASSERT_TRUE(encoded.ok());
  ByteVector again(decoded.size());
  ASSERT_TRUE(chain->decode(*encoded, again).ok());
  EXPECT_EQ(again, decoded);
}

TEST(ElementCodecs, WhatCannotBeDecodedIsCorruptAndNamed) {
  const auto bad =
      chain_of<int8_t>(DataType::kInt8, 0, {3},
                       R"([{"name": "cast_value", "configuration": {"data_type": "int16"}},
          {"name": "bytes", "configuration": {"endian": "little"}}])");
  ASSERT_TRUE(bad.ok());
  ByteVector decoded(3);
  const Status status = bad->decode(bytes_of<int16_t>({1, 2, 128}), decoded);
  EXPECT_EQ(status.code(), Code::kCorrupt);
  EXPECT_THAT(status.message(), HasSubstr("cast_value: 128 is no int8"));
  // Three does not divide it; here through the table of one-byte elements.
  const auto odd = chain_of<int8_t>(DataType::kInt8, 0, {2},
                                    R"([{"name": "scale_offset", "configuration": {"scale": 3}},
                                        {"name": "bytes"}])");
  ASSERT_TRUE(odd.ok());
  decoded.resize(2);
  EXPECT_TRUE(odd->decode(bytes_of<int8_t>({-6, 9}), decoded).ok());
  EXPECT_EQ(odd->decode(bytes_of<int8_t>({-6, 10}), decoded).code(), Code::kCorrupt);
  EXPECT_EQ(odd->encode(bytes_of<int8_t>({1, 43})).status().code(), Code::kInvalidArgument);
}

TEST(ElementCodecs, TheFillValueGoesAlong) {
  // 300 is no uint8: whoever reads an absent chunk of a shard below would get another value.
  const auto bad = chain_of<float>(DataType::kFloat32, 300.0f, {4}, kQuantised);
  EXPECT_TRUE(bad.ok());  // (300 + 10) / 2 is one
  const auto refused = chain_of<float>(DataType::kFloat32, 600.0f, {4}, kQuantised);
  EXPECT_EQ(refused.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.status().message(), HasSubstr("fill value"));
  // numcodecs' own codecs define no fill value below them, and need none here.
  EXPECT_TRUE(chain_of<float>(DataType::kFloat32, NAN, {4},
                              R"([{"name": "numcodecs.fixedscaleoffset", "configuration":
                                   {"scale": 1, "offset": 0, "astype": "|i1"}}, "bytes"])")
                  .ok());
}

TEST(ElementCodecs, RefusalsNameTheMember) {
  const auto cast = [](const std::string& members) {
    return R"({"name": "cast_value", "configuration": {)" + members + "}}";
  };
  const std::pair<std::string, const char*> cases[] = {
      {cast(""), "data_type"},
      {cast(R"("data_type": "bool")"), "data_type"},
      {cast(R"("data_type": "complex64")"), "data_type"},
      {cast(R"("data_type": "int4")"), "int4"},
      {cast(R"("data_type": "f4")"), "data_type"},
      {cast(R"("data_type": "<i2")"), "data_type"},
      {cast(R"("data_type": {"name": "int8"})"), "data_type"},
      {cast(R"("data_type": "int8", "rounding": "up")"), "rounding"},
      {cast(R"("data_type": "int8", "out_of_range": "saturate")"), "out_of_range"},
      {cast(R"("data_type": "float16", "out_of_range": "wrap")"), "out_of_range"},
      {cast(R"("data_type": "int8", "scalar_map": {"both": []})"), "both"},
      {cast(R"("data_type": "int8", "scalar_map": {"encode": {"NaN": 0}})"), "encode"},
      {cast(R"("data_type": "int8", "scalar_map": {"encode": [["NaN"]]})"), "encode"},
      {cast(R"("data_type": "int8", "scalar_map": {"encode": [["NaN", 300]]})"), "300"},
      {cast(R"("data_type": "int8", "scalar_map": {"decode": [[0.5, 0]]})"), "0.5"},
      {cast(R"("data_type": "int8", "new": 1)"), "new"},
      {R"({"name": "scale_offset", "configuration": {"scale": 0}})", "scale"},
      {R"({"name": "scale_offset", "configuration": {"scale": -0.0}})", "scale"},
      {R"({"name": "scale_offset", "configuration": {"scale": "0x00000000"}})", "scale"},
      {R"({"name": "scale_offset", "configuration": {"offset": "five"}})", "offset"},
      {R"({"name": "scale_offset", "configuration": {"astype": "|i1"}})", "astype"},
      {R"({"name": "fixedscaleoffset", "configuration": {"scale": 1}})", "offset"},
      {R"({"name": "fixedscaleoffset", "configuration": {"scale": 0, "offset": 0}})", "scale"},
      {R"({"name": "fixedscaleoffset", "configuration": {"scale": "NaN", "offset": 0}})", "scale"},
      {R"({"name": "fixedscaleoffset", "configuration":
           {"scale": 1, "offset": 0, "dtype": "<f8"}})",
       "dtype"},
      {R"({"name": "fixedscaleoffset", "configuration":
           {"scale": 1, "offset": 0, "astype": ">i2"}})",
       "astype"},
      {R"({"name": "astype", "configuration": {"decode_dtype": "<f4"}})", "encode_dtype"},
      {R"({"name": "astype", "configuration": {"encode_dtype": "|b1"}})", "encode_dtype"},
  };
  for (const auto& [codec, member] : cases) {
    const Status status = parse_status(codec);
    EXPECT_FALSE(status.ok()) << codec;
    EXPECT_THAT(status.message(), HasSubstr(member)) << codec;
  }
  EXPECT_EQ(parse_status(R"({"name": "scale_offset"})", DataType::kBool).code(),
            Code::kUnsupported);
  EXPECT_EQ(
      parse_status(R"({"name": "scale_offset", "configuration": {"scale": 0.5}})", DataType::kInt16)
          .code(),
      Code::kInvalidArgument);
  EXPECT_EQ(CodecChain::parse(json::parse(R"(["bytes", "scale_offset"])"),
                              {{4}, DataType::kInt8, ByteVector(1)})
                .status()
                .code(),
            Code::kInvalidArgument);
}

TEST(ElementCodecs, AMapOfPairsIsBounded) {
  json pairs = json::array();
  for (int i = 0; i < 257; ++i) pairs.push_back({i, 0});
  const json codec = {
      {"name", "cast_value"},
      {"configuration", {{"data_type", "int8"}, {"scalar_map", {{"encode", pairs}}}}}};
  EXPECT_EQ(parse_status(codec.dump()).code(), Code::kUnsupported);
}

TEST(ElementCodecs, TheFirstOfEqualPairsCounts) {
  const auto chain =
      chain_of<float>(DataType::kFloat32, 1.0f, {2},
                      R"([{"name": "cast_value", "configuration": {"data_type": "int8",
           "scalar_map": {"encode": [[2, 5], [2.0, 6], ["+Infinity", 7]]}}}, "bytes"])");
  ASSERT_TRUE(chain.ok()) << chain.status().to_string();
  EXPECT_EQ(*chain->encode(bytes_of<float>({2.0f, INFINITY})), bytes_of<int8_t>({5, 7}));
}

// Every float16 and every bfloat16 has a float32 of its own, and comes back from it.
TEST(ExactNumber, SixteenBitFloatsSurviveAWiderType) {
  for (const DataType type : {DataType::kFloat16, DataType::kBfloat16}) {
    const CastRule up = CastRule::as_numpy(type, DataType::kFloat32);
    const CastRule down = CastRule::as_numpy(DataType::kFloat32, type);
    for (uint32_t bits = 0; bits < 65536; ++bits) {
      const auto half = static_cast<uint16_t>(bits);
      const auto* from = reinterpret_cast<const std::byte*>(&half);
      float wide = 0;
      uint16_t back = 0;
      ASSERT_TRUE(up.convert(from, reinterpret_cast<std::byte*>(&wide), 1).ok());
      ASSERT_TRUE(
          down.convert(reinterpret_cast<std::byte*>(&wide), reinterpret_cast<std::byte*>(&back), 1)
              .ok());
      const bool is_nan = std::isnan(wide);
      EXPECT_EQ(is_nan, load_number(from, type).kind == ExactNumber::Kind::kNan);
      ASSERT_TRUE(is_nan || back == half) << bits;
    }
  }
}

TEST(ExactNumber, ValuesAreEqualAcrossSpellings) {
  const auto number = [](double value) {
    return load_number(reinterpret_cast<const std::byte*>(&value), DataType::kFloat64);
  };
  const int64_t eight = 8;
  const auto whole = load_number(reinterpret_cast<const std::byte*>(&eight), DataType::kInt64);
  EXPECT_TRUE(number(8).same_value(whole));
  EXPECT_FALSE(number(-8).same_value(whole));
  EXPECT_FALSE(number(16).same_value(whole));
  EXPECT_TRUE(number(0.0).same_value(number(-0.0)));
  EXPECT_FALSE(number(0.0).same_value(number(5e-324)));
  EXPECT_TRUE(number(NAN).same_value(number(-NAN)));
  EXPECT_FALSE(number(INFINITY).same_value(number(-INFINITY)));
}

}  // namespace
}  // namespace neurofs
