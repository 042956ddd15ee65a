#include "core/codec/codec_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/codec/codec_test_data.h"

namespace neurofs {
namespace {

using test::make_data;
using test::Pattern;
using testing::ElementsAre;
using testing::HasSubstr;

// Stands for codecs of other layers (sharding_indexed): not raw, of a size that depends on the
// data.
class OpaqueCodec final : public ArrayToBytesCodec {
 public:
  OpaqueCodec(Dims shape, size_t bound) : shape_(std::move(shape)), bound_(bound) {}
  size_t max_encoded_size() const override { return bound_; }
  Status decode(Bytes encoded, MutableBytes decoded) const override {
    if (encoded.size() != decoded.size() + 1) return corrupt("opaque");
    std::memcpy(decoded.data(), encoded.data() + 1, decoded.size());
    return {};
  }
  Result<ByteVector> encode(Bytes decoded) const override {
    ByteVector encoded(1 + decoded.size());
    encoded[0] = static_cast<std::byte>(shape_.front());
    std::memcpy(encoded.data() + 1, decoded.data(), decoded.size());
    return encoded;
  }

 private:
  Dims shape_;
  size_t bound_;
};

template <size_t Bound>
Result<std::shared_ptr<const ArrayToBytesCodec>> make_opaque(const nlohmann::json&,
                                                             const ChunkSpec& spec) {
  return std::shared_ptr<const ArrayToBytesCodec>(std::make_shared<OpaqueCodec>(spec.shape, Bound));
}

const Registration<ArrayToBytesRegistry> kOpaque("test.opaque", "for this test",
                                                 make_opaque<1000000>);
const Registration<ArrayToBytesRegistry> kUnbounded("test.opaque_unbounded", "for this test",
                                                    make_opaque<SIZE_MAX>);

ChunkSpec spec_of(Dims shape, DataType dtype) {
  return {std::move(shape), dtype, ByteVector(item_size(dtype))};
}

Result<CodecChain> parse(const std::string& codecs, Dims shape = {4, 6, 5},
                         DataType dtype = DataType::kFloat32) {
  return CodecChain::parse(nlohmann::json::parse(codecs), spec_of(std::move(shape), dtype));
}

std::string little_and(const std::string& rest) {
  return R"([{"name": "bytes", "configuration": {"endian": "little"}}, )" + rest + "]";
}

void expect_round_trip(const CodecChain& chain) {
  for (const Pattern pattern : {Pattern::kSmooth, Pattern::kRandom}) {
    const ByteVector data = make_data(pattern, chain.decoded_size());
    const auto encoded = chain.encode(data);
    ASSERT_TRUE(encoded.ok()) << encoded.status().to_string();
    EXPECT_LE(encoded->size(), chain.max_encoded_size());
    if (chain.fixed_encoded_size()) {
      EXPECT_EQ(encoded->size(), chain.fixed_encoded_size());
    }
    ByteVector decoded(data.size());
    const Status status = chain.decode(*encoded, decoded);
    EXPECT_TRUE(status.ok()) << status.to_string();
    EXPECT_EQ(decoded, data);
    for (const size_t size : {size_t{0}, encoded->size() / 2, encoded->size() - 1}) {
      EXPECT_EQ(chain.decode(Bytes(*encoded).first(size), decoded).code(), Code::kCorrupt);
    }
  }
}

TEST(CodecChain, BytesAloneIsRaw) {
  const auto chain = parse(R"([{"name": "bytes", "configuration": {"endian": "little"}}])");
  ASSERT_TRUE(chain.ok()) << chain.status().to_string();
  EXPECT_TRUE(chain->is_raw());
  EXPECT_EQ(chain->decoded_size(), 480u);
  EXPECT_EQ(chain->fixed_encoded_size(), 480u);
  EXPECT_EQ(chain->max_encoded_size(), 480u);
  EXPECT_THAT(chain->stored_axes(), ElementsAre(0, 1, 2));
  expect_round_trip(*chain);
}

TEST(CodecChain, R6ARawChunkHasExactlyItsBytes) {
  const auto chain = parse(R"(["bytes"])", {8}, DataType::kUint8).value();
  ByteVector decoded(8);
  for (const size_t size : {0u, 7u, 9u}) {
    EXPECT_EQ(chain.decode(ByteVector(size), decoded).code(), Code::kCorrupt) << size;
  }
}

TEST(CodecChain, EndianIsOptionalForSingleBytesOnly) {
  EXPECT_TRUE(parse(R"(["bytes"])", {3}, DataType::kUint8).ok());
  EXPECT_TRUE(parse(R"([{"name": "bytes"}])", {3}, DataType::kBool).ok());
  EXPECT_TRUE(
      parse(R"([{"name": "bytes", "configuration": {"endian": null}}])", {3}, DataType::kInt8)
          .ok());
  const auto missing = parse(R"(["bytes"])", {3}, DataType::kInt16);
  EXPECT_EQ(missing.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(missing.status().message(), HasSubstr("endian is missing"));
  const auto wrong =
      parse(R"([{"name": "bytes", "configuration": {"endian": "middle"}}])", {3}, DataType::kInt8);
  EXPECT_THAT(wrong.status().message(), HasSubstr("\"middle\""));
}

// Element sizes, and units that are swapped: halves of complex numbers on their own.
TEST(CodecChain, BigEndianSwapsEveryType) {
  for (int i = 0; i < kDataTypeCount; ++i) {
    const auto dtype = static_cast<DataType>(i);
    const auto chain =
        parse(R"([{"name": "bytes", "configuration": {"endian": "big"}}])", {37}, dtype);
    ASSERT_TRUE(chain.ok()) << chain.status().to_string();
    EXPECT_TRUE(chain->is_raw());
    const ByteVector data = make_data(Pattern::kRandom, chain->decoded_size());
    ByteVector swapped = data;
    const size_t unit = swap_unit(dtype);
    for (size_t at = 0; at < swapped.size(); at += unit) {
      std::reverse(swapped.begin() + static_cast<ptrdiff_t>(at),
                   swapped.begin() + static_cast<ptrdiff_t>(at + unit));
    }
    EXPECT_EQ(*chain->encode(data), swapped) << zarr_name(dtype);
    const size_t part = 5 * item_size(dtype);
    ByteVector some(swapped.begin(), swapped.begin() + static_cast<ptrdiff_t>(part));
    EXPECT_TRUE(chain->decode_raw_part(some, some).ok());
    EXPECT_TRUE(std::equal(some.begin(), some.end(), data.begin())) << zarr_name(dtype);
    expect_round_trip(*chain);
  }
}

TEST(CodecChain, TransposesComposeIntoStoredAxes) {
  const std::string bytes = R"({"name": "bytes", "configuration": {"endian": "little"}}])";
  const auto one =
      parse(R"([{"name": "transpose", "configuration": {"order": [2, 0, 1]}}, )" + bytes);
  ASSERT_TRUE(one.ok()) << one.status().to_string();
  EXPECT_TRUE(one->is_raw());
  EXPECT_THAT(one->stored_axes(), ElementsAre(2, 0, 1));
  // NumPy: a.transpose(2, 0, 1).transpose(1, 0, 2) has axes 0, 2, 1 of a.
  const auto two = parse(R"([{"name": "transpose", "configuration": {"order": [2, 0, 1]}},
      {"name": "transpose", "configuration": {"order": [1, 0, 2]}}, )" +
                         bytes);
  ASSERT_TRUE(two.ok());
  EXPECT_THAT(two->stored_axes(), ElementsAre(0, 2, 1));
  const auto fortran =
      parse(R"([{"name": "transpose", "configuration": {"order": "F"}}, )" + bytes);
  EXPECT_THAT(fortran->stored_axes(), ElementsAre(2, 1, 0));
  const auto scalar =
      parse(R"([{"name": "transpose", "configuration": {"order": []}}, )" + bytes, {});
  ASSERT_TRUE(scalar.ok()) << scalar.status().to_string();
  EXPECT_EQ(scalar->decoded_size(), 4u);
}

TEST(CodecChain, TransposesPermuteTheShapeThatLaterStepsSee) {
  const auto chain = parse(R"([{"name": "transpose", "configuration": {"order": [2, 0, 1]}},
                               "test.opaque"])");
  ASSERT_TRUE(chain.ok());
  EXPECT_EQ(chain->encode(ByteVector(480))->front(), std::byte{5});
}

TEST(CodecChain, OpaqueArrayCodecUnderCompressorAndChecksum) {
  for (const char* codecs : {R"(["test.opaque"])", R"(["test.opaque", "crc32c"])",
                             R"(["test.opaque", "zstd", "crc32c", "gzip"])"}) {
    const auto chain = parse(codecs);
    ASSERT_TRUE(chain.ok()) << chain.status().to_string();
    EXPECT_FALSE(chain->is_raw());
    EXPECT_EQ(chain->fixed_encoded_size(), 0u);
    expect_round_trip(*chain);
  }
}

TEST(CodecChain, R2BadTransposeOrders) {
  for (const char* order :
       {"[0, 1]", "[0, 1, 1]", "[0, 1, 3]", "[-1, 0, 1]", "[0, 1, 2, 3]", "[0, 1.0, 2]",
        "[\"0\", 1, 2]", "null", "\"X\"", "7", "{}", "[0, 1, 18446744073709551615]"}) {
    const auto chain = parse(std::string(R"([{"name": "transpose", "configuration": {"order": )") +
                             order + "}}, \"test.opaque\"]");
    EXPECT_EQ(chain.status().code(), Code::kInvalidArgument) << order;
    EXPECT_THAT(chain.status().message(), HasSubstr("order")) << order;
  }
}

TEST(CodecChain, ChecksumKeepsTheSizeFixed) {
  const auto chain = parse(little_and(R"("crc32c")"));
  ASSERT_TRUE(chain.ok());
  EXPECT_FALSE(chain->is_raw());
  EXPECT_EQ(chain->fixed_encoded_size(), 484u);
  EXPECT_EQ(chain->max_encoded_size(), 484u);
  expect_round_trip(*chain);
}

TEST(CodecChain, RoundTripsOfLongerChains) {
  for (const char* rest :
       {R"("gzip")", R"("zstd", "crc32c")", R"("crc32c", "zstd")", R"("gzip", "zstd")",
        R"("zstd", "gzip", "blosc")", R"("shuffle", "zlib")", R"("crc32c", "crc32c")",
        R"({"name": "delta", "configuration": {"dtype": "<i4"}}, "shuffle", "lz4", "crc32c")",
        R"("crc32c", "shuffle")", R"("blosc", "crc32c")"}) {
    const auto chain = parse(little_and(rest), {4, 6, 50});
    ASSERT_TRUE(chain.ok()) << rest << chain.status().to_string();
    expect_round_trip(*chain);
  }
}

TEST(CodecChain, R9BoundsDoNotMultiplyAlongAChain) {
  std::string rest = R"("gzip")";
  for (int i = 0; i < 19; ++i) rest += R"(, "gzip")";
  const auto chain = parse(little_and(rest), {1 << 18});
  ASSERT_TRUE(chain.ok()) << chain.status().to_string();
  EXPECT_LT(chain->max_encoded_size(), 5 * chain->decoded_size());
  expect_round_trip(*chain);
}

TEST(CodecChain, R9AnOpaqueCodecsOwnBoundIsNotTrusted) {
  const auto chain = parse(R"(["test.opaque_unbounded", "gzip"])");
  ASSERT_TRUE(chain.ok()) << chain.status().to_string();
  EXPECT_LT(chain->max_encoded_size(), size_t{64} << 20);
  expect_round_trip(*chain);
}

TEST(CodecChain, BigEndianUnderCompressor) {
  const auto chain =
      parse(R"([{"name": "bytes", "configuration": {"endian": "big"}}, "zstd", "crc32c"])");
  ASSERT_TRUE(chain.ok());
  expect_round_trip(*chain);
}

TEST(CodecChain, ElementlessAndScalarChunks) {
  for (const Dims& shape : {Dims{0, 5}, Dims{}}) {
    for (const char* rest :
         {R"("crc32c")", R"("gzip")", R"("zstd", "gzip")", R"("blosc")", R"("lz4", "crc32c")"}) {
      const auto chain = parse(little_and(rest), shape);
      ASSERT_TRUE(chain.ok()) << chain.status().to_string();
      ByteVector data = make_data(Pattern::kRandom, chain->decoded_size());
      const auto encoded = chain->encode(data);
      ASSERT_TRUE(encoded.ok());
      ByteVector decoded(data.size());
      const Status status = chain->decode(*encoded, decoded);
      EXPECT_TRUE(status.ok()) << rest << " " << status.to_string();
      EXPECT_EQ(decoded, data);
    }
  }
}

TEST(CodecChain, R3UnknownCodecIsNamedAndNeverSkipped) {
  for (const char* codec : {R"("pcodec")", R"({"name": "pcodec", "must_understand": false})",
                            R"({"name": "pcodec", "configuration": {"level": 8}})"}) {
    const auto chain = parse(little_and(codec));
    EXPECT_EQ(chain.status().code(), Code::kUnsupported);
    EXPECT_THAT(chain.status().message(), HasSubstr("\"pcodec\""));
    EXPECT_THAT(chain.status().message(), HasSubstr("must_understand"));
  }
}

TEST(CodecChain, R3BadLists) {
  for (const char* codecs :
       {"[]", "{}", "null", "7", R"("bytes")", "[7]", "[[]]", "[{}]", R"([{"name": 7}])",
        R"(["crc32c"])", R"(["crc32c", "test.opaque"])", R"(["test.opaque", "test.opaque"])",
        R"(["test.opaque", {"name": "transpose", "configuration": {"order": [0, 1, 2]}}])",
        R"([{"name": "transpose", "configuration": {"order": [0, 1, 2]}}])"}) {
    EXPECT_EQ(parse(codecs).status().code(), Code::kInvalidArgument) << codecs;
  }
  nlohmann::json many = {"test.opaque"};
  for (int i = 0; i < 1000; ++i) many.push_back("crc32c");
  EXPECT_EQ(CodecChain::parse(many, spec_of({1}, DataType::kInt8)).status().code(),
            Code::kUnsupported);
}

TEST(CodecChain, R3BadConfigurationsNameTheMember) {
  for (const auto& [codec, member] : std::vector<std::pair<std::string, std::string>>{
           {R"({"name": "gzip", "configuration": {"level": 10}})", "level"},
           {R"({"name": "gzip", "configuration": {"level": -1}})", "level"},
           {R"({"name": "gzip", "configuration": {"level": 1.5}})", "level"},
           {R"({"name": "gzip", "configuration": {"level": "5"}})", "level"},
           {R"({"name": "gzip", "configuration": {"level": 18446744073709551615}})", "level"},
           {R"({"name": "gzip", "configuration": [5]})", "configuration"},
           {R"({"name": "gzip", "configuration": {"lvl": 5}})", "lvl"},
           {R"({"name": "zstd", "configuration": {"checksum": 1}})", "checksum"},
           {R"({"name": "zstd", "configuration": {"level": 23}})", "level"},
           {R"({"name": "crc32c", "configuration": {"seed": 1}})", "seed"},
           {R"({"name": "blosc", "configuration": {"cname": "gipfeli"}})", "gipfeli"},
           {R"({"name": "blosc", "configuration": {"cname": 1}})", "cname"},
           {R"({"name": "blosc", "configuration": {"shuffle": "yes"}})", "shuffle"},
           {R"({"name": "blosc", "configuration": {"shuffle": 3}})", "shuffle"},
           {R"({"name": "blosc", "configuration": {"typesize": 0}})", "typesize"},
           {R"({"name": "blosc", "configuration": {"blocksize": -1}})", "blocksize"},
           {R"({"name": "lz4", "configuration": {"acceleration": 1e9}})", "acceleration"},
           {R"({"name": "shuffle", "configuration": {"elementsize": -4}})", "elementsize"},
           {R"({"name": "delta", "configuration": {}})", "dtype"},
           {R"({"name": "delta", "configuration": {"dtype": "<c8"}})", "dtype"},
           {R"({"name": "delta", "configuration": {"dtype": "|O"}})", "dtype"},
           {R"({"name": "delta", "configuration": {"dtype": "<i4", "astype": "<i2"}})", "astype"},
       }) {
    const auto chain = parse(little_and(codec));
    ASSERT_FALSE(chain.ok()) << codec;
    EXPECT_TRUE(chain.status().code() == Code::kInvalidArgument ||
                chain.status().code() == Code::kUnsupported);
    EXPECT_THAT(chain.status().message(), HasSubstr(member)) << codec;
  }
}

TEST(CodecChain, R2SizeOverflow) {
  const Dims shape = {Index{1} << 40, Index{1} << 22};
  EXPECT_EQ(parse(little_and(R"("gzip")"), shape).status().code(), Code::kOverflow);
  const auto large = parse(little_and(R"("gzip", "zstd")"), {Index{1} << 60});
  ASSERT_TRUE(large.ok());
  EXPECT_GE(large->max_encoded_size(), large->decoded_size());
}

TEST(CodecChain, CorruptMessageNamesTheCodec) {
  const auto chain = parse(little_and(R"("zstd", "crc32c")"));
  auto encoded = *chain->encode(ByteVector(480));
  encoded[3] ^= std::byte{1};
  ByteVector decoded(480);
  EXPECT_THAT(chain->decode(encoded, decoded).message(), HasSubstr("codec crc32c: checksum"));
}

TEST(CodecChain, MisuseIsAnErrorNotACrash) {
  ByteVector decoded(480);
  EXPECT_EQ(CodecChain().decode({}, decoded).code(), Code::kInternal);
  EXPECT_EQ(CodecChain().encode({}).status().code(), Code::kInternal);
  const auto chain = parse(little_and(R"("crc32c")"));
  EXPECT_EQ(chain->decode({}, MutableBytes(decoded).first(10)).code(), Code::kInternal);
  EXPECT_EQ(chain->encode(ByteVector(10)).status().code(), Code::kInvalidArgument);
}

// What a device does in place of decode(): checked on random bytes against it.
TEST(CodecChain, ByteMovesAreAllThatDecodingDoes) {
  const std::string bytes = R"({"name":"bytes","configuration":{"endian":"big"}})";
  const std::string native = R"({"name":"bytes","configuration":{"endian":"little"}})";
  const auto shuffle = [](int size) {
    return R"(,{"name":"numcodecs.shuffle","configuration":{"elementsize":)" +
           std::to_string(size) + "}}";
  };
  for (const DataType dtype : {DataType::kUint8, DataType::kInt16, DataType::kFloat32,
                               DataType::kComplex64, DataType::kComplex128}) {
    for (const std::string& codecs :
         {native, bytes, native + shuffle(4), bytes + shuffle(8), bytes + shuffle(16),
          native + shuffle(1), native + shuffle(12)}) {
      const auto chain = parse("[" + codecs + "]", {4, 6, 2}, dtype);
      ASSERT_TRUE(chain.ok()) << codecs;
      const auto moves = chain->byte_moves();
      ASSERT_TRUE(moves) << codecs;
      const ByteVector encoded = make_data(Pattern::kRandom, chain->decoded_size());
      ByteVector decoded(encoded.size());
      ASSERT_TRUE(chain->decode(encoded, decoded).ok());
      ASSERT_EQ(encoded.size() % moves->item, 0u);
      ASSERT_EQ(moves->item % moves->swap_unit, 0u);
      const size_t count = encoded.size() / moves->item;
      for (size_t i = 0; i < encoded.size(); ++i) {
        const size_t b = i % moves->item;
        const size_t unit = moves->swap_unit;
        const size_t stored = b / unit * unit + unit - 1 - b % unit;
        const size_t at = moves->unshuffle ? stored * count + i / moves->item
                                           : i / moves->item * moves->item + stored;
        ASSERT_EQ(decoded[i], encoded[at]) << codecs << " " << i;
      }
      EXPECT_EQ(moves->empty(), encoded == decoded && !moves->unshuffle);
    }
  }
}

TEST(CodecChain, ByteMovesAreNoneWhereDecodingDoesMore) {
  const std::string big = R"([{"name":"bytes","configuration":{"endian":"big"}})";
  const std::string shuffle = R"(,{"name":"numcodecs.shuffle","configuration":{"elementsize":)";
  for (const std::string& codecs :
       {big + R"(,{"name":"crc32c"}])", big + R"(,{"name":"gzip","configuration":{"level":1}}])",
        big + shuffle + "2}}]",  // less than what is swapped
        big + shuffle + "4}},{\"name\":\"crc32c\"}]", std::string(R"([{"name":"test.opaque"}])")}) {
    const auto chain = parse(codecs);
    ASSERT_TRUE(chain.ok()) << codecs << chain.status().to_string();
    EXPECT_FALSE(chain->byte_moves()) << codecs;
  }
}

}  // namespace
}  // namespace neurofs
