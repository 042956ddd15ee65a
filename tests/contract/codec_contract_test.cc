// The contract of BytesToBytesCodec, run on every registered codec (RELIABILITY R6 to R9).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/codec/codec.h"
#include "tests/codec/codec_test_data.h"

namespace neurofs {
namespace {

using test::make_data;
using test::Pattern;

struct Variant {
  std::string name;
  std::string configuration;
  size_t unit = 1;             // sizes are multiples of it
  bool detects_flips = false;  // it carries a checksum
  DataType dtype = DataType::kFloat32;
  friend void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }
};

std::vector<Variant> blosc_variants() {
  std::vector<Variant> all;
  for (const char* name : {"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"}) {
    for (const char* shuffle : {"noshuffle", "shuffle", "bitshuffle"}) {
      for (const int type_size : {1, 2, 4, 8, 16}) {
        const nlohmann::json configuration = {{"cname", name},
                                              {"clevel", 5},
                                              {"shuffle", shuffle},
                                              {"typesize", type_size},
                                              {"blocksize", type_size == 8 ? 4096 : 0}};
        all.push_back({"blosc", configuration.dump()});
      }
    }
  }
  all.push_back({"numcodecs.blosc", R"({"cname": "zstd", "clevel": 1, "shuffle": -1})"});
  return all;
}

std::vector<Variant> variants() {
  std::vector<Variant> all = {
      {"crc32c", "null", 1, true},
      {"numcodecs.crc32c", "{}", 1, true},
      {"gzip", R"({"level": 0})", 1, true},
      {"gzip", R"({"level": 6})", 1, true},
      {"numcodecs.gzip", R"({"level": 1})", 1, true},
      {"zlib", R"({"level": 1})", 1, true},
      {"numcodecs.zlib", R"({"level": -1})", 1, true},
      {"zstd", R"({"level": 3, "checksum": true})", 1, true},
      {"zstd", R"({"level": -5, "checksum": false})"},
      {"numcodecs.zstd", R"({"level": 0})"},
      {"lz4", R"({"acceleration": 1})"},
      {"numcodecs.lz4", "{}"},
      {"numcodecs.shuffle", "{}", 4},
  };
  for (const size_t unit : {1, 2, 3, 4, 8, 16}) {
    all.push_back({"shuffle", "{\"elementsize\": " + std::to_string(unit) + "}", unit});
  }
  for (const auto& [type, unit] : std::vector<std::pair<std::string, size_t>>{
           {"|u1", 1}, {"<i2", 2}, {">i4", 4}, {"<u4", 4}, {">u8", 8}, {"<i8", 8}}) {
    all.push_back({"delta", "{\"dtype\": \"" + type + "\"}", unit});
  }
  const auto blosc = blosc_variants();
  all.insert(all.end(), blosc.begin(), blosc.end());
  return all;
}

class CodecContract : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    const auto* plugin = BytesToBytesRegistry::instance().find(GetParam().name);
    ASSERT_NE(plugin, nullptr);
    ChunkSpec spec;
    spec.dtype = GetParam().dtype;
    auto made = plugin->factory(nlohmann::json::parse(GetParam().configuration), spec);
    ASSERT_TRUE(made.ok()) << made.status().to_string();
    codec_ = std::move(*made);
  }

  ByteVector encode(Bytes data) const {
    auto encoded = codec_->encode(data);
    EXPECT_TRUE(encoded.ok()) << encoded.status().to_string();
    return encoded.ok() ? std::move(*encoded) : ByteVector();
  }

  void expect_corrupt(Bytes encoded, size_t size, const std::string& what) const {
    ByteVector decoded(size);
    EXPECT_EQ(codec_->decode_exact(encoded, decoded).code(), Code::kCorrupt) << what;
  }

  size_t unit() const { return GetParam().unit; }

  std::shared_ptr<const BytesToBytesCodec> codec_;
};

TEST_P(CodecContract, RoundTrip) {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{7}, size_t{1000}, (1u << 20) / unit()}) {
    for (const Pattern pattern : {Pattern::kZeros, Pattern::kSmooth, Pattern::kRandom}) {
      const ByteVector data = make_data(pattern, count * unit());
      const ByteVector encoded = encode(data);
      EXPECT_LE(encoded.size(), codec_->max_encoded_size(data.size()));
      if (const size_t fixed = codec_->fixed_encoded_size(data.size())) {
        EXPECT_EQ(encoded.size(), fixed);
      }
      ByteVector decoded(data.size());
      const Status status = codec_->decode_exact(encoded, decoded);
      ASSERT_TRUE(status.ok()) << status.to_string() << " at " << data.size() << " bytes";
      EXPECT_EQ(decoded, data);
      const auto bounded = codec_->decode_bounded(encoded, data.size() + 100);
      ASSERT_TRUE(bounded.ok()) << bounded.status().to_string();
      EXPECT_EQ(*bounded, data);
      const auto tight = codec_->decode_bounded(encoded, data.size());
      ASSERT_TRUE(tight.ok()) << tight.status().to_string();
      EXPECT_EQ(*tight, data);
      if (!codec_->strips()) continue;
      const auto payload = codec_->strip(encoded);
      ASSERT_TRUE(payload.ok());
      EXPECT_EQ(ByteVector(payload->begin(), payload->end()), data);
    }
  }
}

TEST_P(CodecContract, R6TruncatedEmptyAndTooLong) {
  const ByteVector data = make_data(Pattern::kSmooth, 1000 * unit());
  ByteVector encoded = encode(data);
  const Bytes all = encoded;
  expect_corrupt(all.first(all.size() - 1), data.size(), "one byte short");
  expect_corrupt(all.first(all.size() / 2), data.size(), "half");
  expect_corrupt({}, data.size(), "empty");
  for (const std::byte extra : {std::byte{0}, std::byte{0xAA}}) {
    encoded.push_back(extra);
    expect_corrupt(encoded, data.size(), "one byte too long");
    encoded.pop_back();
  }
}

TEST_P(CodecContract, R6EveryPrefixIsRefused) {
  const ByteVector data = make_data(Pattern::kSmooth, 16 * unit());
  const ByteVector encoded = encode(data);
  for (size_t size = 0; size < encoded.size(); ++size) {
    expect_corrupt(Bytes(encoded).first(size), data.size(), std::to_string(size) + " bytes");
  }
}

TEST_P(CodecContract, R7FlippedBitsNeverCrashAndChecksumsSeeThem) {
  const ByteVector data = make_data(Pattern::kSmooth, 3000 * unit());
  const ByteVector encoded = encode(data);
  std::mt19937 random(11);
  for (int i = 0; i < 300; ++i) {
    ByteVector flipped = encoded;
    const size_t bit = random() % (8 * flipped.size());
    flipped[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    ByteVector decoded(data.size());
    const Status status = codec_->decode_exact(flipped, decoded);
    if (!status.ok()) {
      EXPECT_EQ(status.code(), Code::kCorrupt);
    } else if (GetParam().detects_flips) {
      // A flip of what carries no data (a time stamp in a gzip header) may pass.
      EXPECT_EQ(decoded, data) << "bit " << bit;
    }
    const auto bounded = codec_->decode_bounded(flipped, data.size());
    if (bounded.ok()) {
      EXPECT_LE(bounded->size(), data.size());
    }
  }
}

TEST_P(CodecContract, R8WrongDecodedSize) {
  const ByteVector data = make_data(Pattern::kSmooth, 1000 * unit());
  const ByteVector encoded = encode(data);
  for (const size_t size : {size_t{0}, size_t{1}, data.size() - 1, data.size() + 1,
                            data.size() - unit(), data.size() + unit(), 2 * data.size()}) {
    expect_corrupt(encoded, size, std::to_string(size) + " bytes expected");
  }
  const auto bounded = codec_->decode_bounded(encoded, data.size() - 1);
  EXPECT_EQ(bounded.status().code(), Code::kCorrupt);
}

TEST_P(CodecContract, R9Bomb) {
  const ByteVector encoded = encode(ByteVector((size_t{1} << 20) * unit()));
  expect_corrupt(encoded, 4096, "1 Mi elements where 4 KiB are expected");
  EXPECT_EQ(codec_->decode_bounded(encoded, 4096).status().code(), Code::kCorrupt);
}

TEST_P(CodecContract, NoiseNeverCrashes) {
  std::mt19937 random(13);
  for (int i = 0; i < 300; ++i) {
    const ByteVector noise = make_data(Pattern::kRandom, random() % 200, static_cast<unsigned>(i));
    ByteVector decoded(random() % 300);
    (void)codec_->decode_exact(noise, decoded).ok();
    (void)codec_->decode_bounded(noise, 300).ok();
  }
}

TEST_P(CodecContract, BoundsSaturate) {
  EXPECT_GE(codec_->max_encoded_size(SIZE_MAX), SIZE_MAX - 4);
  EXPECT_GE(codec_->max_encoded_size(SIZE_MAX / 2 + 1), SIZE_MAX / 2 + 1);
}

std::string test_name(const testing::TestParamInfo<Variant>& info) {
  std::string name = std::to_string(info.index) + "_" + info.param.name;
  for (const char c : info.param.configuration) name += std::isalnum(c) ? std::string(1, c) : "";
  for (char& c : name) {
    if (c == '.') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, CodecContract, testing::ValuesIn(variants()), test_name);

TEST(CodecContractCoverage, EveryRegisteredCodecIsTested) {
  std::set<std::string> tested;
  for (const Variant& variant : variants()) tested.insert(variant.name);
  for (const auto& [name, plugin] : BytesToBytesRegistry::instance().all()) {
    EXPECT_TRUE(tested.contains(name)) << name << " has no variant in this suite";
    EXPECT_FALSE(plugin.description.empty()) << name;
  }
}

// Self-registration is lost silently when a file leaves the OBJECT library.
TEST(CodecRegistry, HoldsExactlyTheseNames) {
  std::vector<std::string> names;
  for (const auto& [name, plugin] : BytesToBytesRegistry::instance().all()) names.push_back(name);
  EXPECT_THAT(names, testing::ElementsAre("blosc", "crc32c", "delta", "gzip", "lz4",
                                          "numcodecs.blosc", "numcodecs.crc32c", "numcodecs.gzip",
                                          "numcodecs.lz4", "numcodecs.shuffle", "numcodecs.zlib",
                                          "numcodecs.zstd", "shuffle", "zlib", "zstd"));
  names.clear();
  for (const auto& [name, plugin] : ArrayToBytesRegistry::instance().all()) names.push_back(name);
  EXPECT_THAT(names, testing::ElementsAre("bytes"));
  names.clear();
  for (const auto& [name, plugin] : ArrayToArrayRegistry::instance().all()) {
    names.push_back(name);
    EXPECT_FALSE(plugin.description.empty()) << name;
  }
  EXPECT_THAT(names,
              testing::ElementsAre("astype", "cast_value", "fixedscaleoffset", "numcodecs.astype",
                                   "numcodecs.fixedscaleoffset", "scale_offset"));
}

}  // namespace
}  // namespace neurofs
