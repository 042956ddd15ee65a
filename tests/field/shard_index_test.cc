#include "core/field/shard_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field/zarr3_metadata.h"
#include "tests/field/field_testing.h"

namespace neurofs {
namespace {

using ::testing::HasSubstr;
using Kind = ShardIndex::EntryKind;

constexpr uint64_t kAbsent = ~uint64_t{0};
constexpr uint64_t kShardBytes = 1000;

// Four chunks of 24 bytes each; the index has 68.
ShardLevel level(const std::string& location = "end") {
  return parse_zarr3_array(testing::small_sharded({2, 3}, location)).value().shards[0];
}

Result<ShardIndex> parse(const std::vector<uint64_t>& words, const ShardLevel& level,
                         ChunkSizeBounds bounds = {24, 24}) {
  const ByteVector encoded = level.index_codecs.encode(std::as_bytes(std::span(words))).value();
  return ShardIndex::parse(encoded, level, {0, kShardBytes}, bounds);
}

TEST(ShardIndex, R10_EachBadEntryIsCorruptAlone) {
  struct Case {
    uint64_t offset;
    uint64_t nbytes;
    const char* why;
  };
  const Case cases[] = {
      {kAbsent, 24, "absent"},
      {0, kAbsent, "absent"},
      {kAbsent - 5, 24, "2^64"},
      {kShardBytes, 24, "past the end"},
      {uint64_t{1} << 40, 24, "past the end"},
      {0, uint64_t{1} << 40, "past the end"},
      {0, 0, "size"},
      {0, 23, "size"},
      {0, 25, "size"},
      {kShardBytes - 68 - 23, 24, "overlaps the index"},
      {kShardBytes - 24, 24, "overlaps the index"},
  };
  for (const Case& bad : cases) {
    const auto index = parse({0, 24, bad.offset, bad.nbytes, kAbsent, kAbsent, 24, 24}, level());
    ASSERT_TRUE(index.ok());
    EXPECT_EQ(index->at(1).kind, Kind::kCorrupt) << bad.why;
    EXPECT_EQ(index->explain(1).code(), Code::kCorrupt);
    EXPECT_THAT(index->explain(1).message(), HasSubstr(bad.why));
    EXPECT_EQ(index->at(0).kind, Kind::kRange);
    EXPECT_EQ(index->at(2).kind, Kind::kMissing);
    EXPECT_EQ(index->at(3).range, (ByteRange{24, 24}));
  }
}

TEST(ShardIndex, R10_BorderAndOverlappingChunksAreAllowed) {
  const auto index = parse({kShardBytes - 68 - 24, 24, 0, 24, 0, 24, kAbsent, kAbsent}, level());
  ASSERT_TRUE(index.ok());
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(index->at(i).kind, Kind::kRange) << i;
}

TEST(ShardIndex, R11_IndexAtStart) {
  const ShardLevel start = level("start");
  EXPECT_EQ(ShardIndex::place(start, {100, 500}).value(), (ByteRange{100, 68}));
  EXPECT_EQ(ShardIndex::place(level(), {100, 500}).value(), (ByteRange{100 + 500 - 68, 68}));
  const auto index = parse({0, 24, 67, 24, 68, 24, kShardBytes - 24, 24}, start);
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(index->at(0).kind, Kind::kCorrupt);
  EXPECT_EQ(index->at(1).kind, Kind::kCorrupt);
  EXPECT_EQ(index->at(2).kind, Kind::kRange);
  EXPECT_EQ(index->at(3).kind, Kind::kRange);
}

TEST(ShardIndex, RangesAreWithinTheObject) {
  const ShardLevel l = level();
  const std::vector<uint64_t> words = {0, 24, 24, 24, kAbsent, kAbsent, kAbsent, kAbsent};
  const ByteVector encoded = l.index_codecs.encode(std::as_bytes(std::span(words))).value();
  const auto index = ShardIndex::parse(encoded, l, {5000, 300}, {24, 24});
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(index->at(1).range, (ByteRange{5024, 24}));
}

TEST(ShardIndex, R10_WholeIndexFails) {
  const ShardLevel l = level();
  const std::vector<uint64_t> words(8, kAbsent);
  ByteVector encoded = l.index_codecs.encode(std::as_bytes(std::span(words))).value();
  EXPECT_TRUE(ShardIndex::parse(encoded, l, {0, kShardBytes}, {}).ok());
  for (const size_t at : {size_t{0}, encoded.size() - 1}) {
    encoded[at] ^= std::byte{1};
    EXPECT_EQ(ShardIndex::parse(encoded, l, {0, kShardBytes}, {}).status().code(), Code::kCorrupt);
    encoded[at] ^= std::byte{1};
  }
  EXPECT_EQ(ShardIndex::parse(encoded, l, {0, 67}, {}).status().code(), Code::kCorrupt);
  encoded.pop_back();
  EXPECT_EQ(ShardIndex::parse(encoded, l, {0, kShardBytes}, {}).status().code(), Code::kCorrupt);
}

}  // namespace
}  // namespace neurofs
