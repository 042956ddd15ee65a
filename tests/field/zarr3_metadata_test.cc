#include "core/field/zarr3_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/field/field_testing.h"

namespace neurofs {
namespace {

using nlohmann::json;
using testing::small_sharded;
using testing::small_zarr3;

// small_zarr3() with a change at a JSON pointer.
Status parse_with(const char* pointer, const char* value) {
  json document = small_zarr3();
  document[json::json_pointer(pointer)] = json::parse(value);
  return parse_zarr3_array(document).status();
}

TEST(Zarr3Metadata, SmallArray) {
  const auto spec = parse_zarr3_array(small_zarr3());
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->shape, (Dims{4, 6}));
  EXPECT_EQ(spec->chunk_shape, (Dims{2, 3}));
  EXPECT_EQ(spec->neuron_axes, 1u);
  EXPECT_EQ(spec->neuron_count(), 4);
  EXPECT_EQ(spec->neuron_size(), 24u);
  EXPECT_EQ(spec->size(), 96u);
  EXPECT_TRUE(spec->codecs.is_raw());
}

TEST(Zarr3Metadata, R2_BadShapes) {
  const std::pair<const char*, Code> cases[] = {
      {"[4, 1.5]", Code::kInvalidArgument},
      {"[4, \"4\"]", Code::kInvalidArgument},
      {"[4, -1]", Code::kInvalidArgument},
      {"[4, null]", Code::kInvalidArgument},
      {"4", Code::kInvalidArgument},
      {"[4]", Code::kInvalidArgument},
      {"[4, 9223372036854775808]", Code::kOverflow},
      {"[4, 18446744073709551616]", Code::kOverflow},
      {"[4294967296, 4294967296]", Code::kOverflow},
      {"[4611686018427387904, 1]", Code::kOverflow},
      {"[0, 4611686018427387904]", Code::kOverflow},
      {"[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", Code::kUnsupported},
  };
  for (const auto& [shape, code] : cases) {
    EXPECT_EQ(parse_with("/shape", shape).code(), code) << shape;
  }
}

TEST(Zarr3Metadata, R2_BadChunkShapes) {
  for (const char* shape : {"[0, 3]", "[2]", "[2, -3]", "[2, 1.5]", "[2, 3, 1]", "\"auto\""}) {
    EXPECT_FALSE(parse_with("/chunk_grid/configuration/chunk_shape", shape).ok()) << shape;
  }
  EXPECT_EQ(parse_with("/chunk_grid/configuration/chunk_shape", "[4294967296, 4294967296]").code(),
            Code::kOverflow);
}

TEST(Zarr3Metadata, R2_EmptyAxesAndRankZeroAreValid) {
  EXPECT_TRUE(parse_with("/shape", "[0, 6]").ok());
  json document = small_zarr3();
  document["shape"] = json::array();
  document["chunk_grid"]["configuration"]["chunk_shape"] = json::array();
  const auto spec = parse_zarr3_array(document);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->size(), 4u);
  EXPECT_EQ(spec->neuron_count(), 1);
}

TEST(Zarr3Metadata, R2_Rank32WithSharding) {
  json document = small_sharded({1});
  document["shape"] = std::vector<int>(32, 1);
  document["chunk_grid"]["configuration"]["chunk_shape"] = std::vector<int>(32, 2);
  auto& sharding = document["codecs"][0]["configuration"];
  sharding["chunk_shape"] = std::vector<int>(32, 2);
  const auto spec = parse_zarr3_array(document);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->shards[0].index_size, 16u + 4);
}

TEST(Zarr3Metadata, R3_Extensions) {
  const std::pair<const char*, const char*> unsupported_cases[] = {
      {"/codecs/0", R"({"name": "zfp"})"},
      {"/data_type", R"({"name": "string"})"},
      {"/data_type", "\"f4\""},
      {"/data_type", "\"r16\""},
      {"/chunk_grid", R"({"name": "rectilinear", "configuration": {}})"},
      {"/chunk_key_encoding", R"({"name": "hilbert"})"},
      {"/storage_transformers", R"([{"name": "offset"}])"},
      {"/extra", "1"},
      {"/extra", R"({"must_understand": true})"},
      {"/chunk_grid/configuration/extra", "1"},
  };
  for (const auto& [pointer, value] : unsupported_cases) {
    const Status status = parse_with(pointer, value);
    EXPECT_EQ(status.code(), Code::kUnsupported) << pointer << " " << value << status.message();
  }
  EXPECT_THAT(parse_with("/codecs/0", R"({"name": "zfp"})").message(), ::testing::HasSubstr("zfp"));
  EXPECT_TRUE(parse_with("/extra", R"({"must_understand": false, "x": 1})").ok());
  EXPECT_TRUE(parse_with("/storage_transformers", "[]").ok());
}

TEST(Zarr3Metadata, ContradictionsAndMissingMembers) {
  for (const char* member : {"zarr_format", "node_type", "shape", "data_type", "chunk_grid",
                             "chunk_key_encoding", "fill_value", "codecs"}) {
    json document = small_zarr3();
    document.erase(member);
    const Status status = parse_zarr3_array(document).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << member;
    EXPECT_THAT(status.message(), ::testing::HasSubstr(member));
  }
  EXPECT_FALSE(parse_with("/zarr_format", "\"3\"").ok());
  EXPECT_FALSE(parse_with("/zarr_format", "3.0").ok());
  EXPECT_FALSE(parse_with("/node_type", "\"group\"").ok());
  EXPECT_FALSE(parse_with("/attributes", "[]").ok());
  EXPECT_FALSE(parse_with("/codecs", "[]").ok());
  EXPECT_FALSE(parse_with("/chunk_key_encoding/configuration/separator", "\"-\"").ok());
}

TEST(Zarr3Metadata, DimensionNamesAndNeuronAxes) {
  json document = small_zarr3();
  document["dimension_names"] = {"cell", nullptr};
  document["attributes"] = {{"neurofs.neuron_axes", 2}};
  const auto spec = parse_zarr3_array(document);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->dimension_names, (std::vector<std::string>{"cell", ""}));
  EXPECT_EQ(spec->neuron_axes, 2u);
  EXPECT_FALSE(parse_with("/dimension_names", "[\"x\"]").ok());
  EXPECT_FALSE(parse_with("/dimension_names", "[\"x\", 1]").ok());
  EXPECT_FALSE(parse_with("/attributes", R"({"neurofs": {"neuron_axes": 3}})").ok());
  EXPECT_TRUE(parse_with("/attributes", R"({"neurofs": {"neuron_axes": 0}})").ok());
}

TEST(Zarr3Metadata, Sharding) {
  const auto spec = parse_zarr3_array(small_sharded({2, 3}));
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  ASSERT_EQ(spec->shards.size(), 1u);
  EXPECT_EQ(spec->chunk_shape, (Dims{2, 3}));
  EXPECT_EQ(spec->shards[0].chunks_per_shard, (Dims{2, 2}));
  EXPECT_EQ(spec->shards[0].index_size, 4u * 16 + 4);
  EXPECT_FALSE(parse_zarr3_array(small_sharded({3, 3})).ok()) << "does not divide";
  EXPECT_FALSE(parse_zarr3_array(small_sharded({2})).ok());
  EXPECT_FALSE(parse_zarr3_array(small_sharded({0, 3})).ok());
  EXPECT_FALSE(parse_zarr3_array(small_sharded({2, 3}, "middle")).ok());
}

TEST(Zarr3Metadata, IndexCodecsOfVariableSizeAreRefused) {
  json document = small_sharded({2, 3});
  document["codecs"][0]["configuration"]["index_codecs"].push_back(
      {{"name", "gzip"}, {"configuration", {{"level", 1}}}});
  EXPECT_THAT(parse_zarr3_array(document).status().message(),
              ::testing::HasSubstr("depends on its contents"));
}

TEST(Zarr3Metadata, HugeIndexIsRefused) {
  json document = small_sharded({1, 1});
  document["chunk_grid"]["configuration"]["chunk_shape"] = {1 << 20, 1 << 20};
  EXPECT_EQ(parse_zarr3_array(document).status().code(), Code::kUnsupported);
}

TEST(Zarr3Metadata, ShardingBesideOtherCodecsIsOneOpaqueCodec) {
  json document = small_sharded({2, 3});
  document["codecs"].push_back({{"name", "crc32c"}});
  const auto spec = parse_zarr3_array(document);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_TRUE(spec->shards.empty());
  EXPECT_EQ(spec->chunk_shape, (Dims{4, 6}));
}

}  // namespace
}  // namespace neurofs
