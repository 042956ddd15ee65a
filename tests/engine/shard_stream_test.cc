// Shards that are sent in pieces are the shards that are written whole.
#include "core/engine/shard_stream.h"

#include <gtest/gtest.h>

#include "core/engine/importer.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/writer_support.h"

namespace neurofs {
namespace {

// A store as S3 is: whole objects, or pieces of them.
class PiecesStore : public MemoryStore {
 public:
  bool can_write_at() const override { return false; }
  bool puts_in_pieces() const override { return true; }
  Result<std::unique_ptr<ObjectWriter>> put_in_pieces(std::string_view key) override {
    ++streams;
    return MemoryStore::put_in_pieces(key);
  }
  int streams = 0;
};

#define BYTES R"({"name": "bytes", "configuration": {"endian": "little"}})"
constexpr const char* kRaw = "[" BYTES "]";
constexpr const char* kPacked = "[" BYTES R"(, {"name": "zstd", "configuration": {"level": 1}}])";
constexpr const char* kNested =
    R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, 3], "codecs": [)" BYTES
    R"(, {"name": "zstd", "configuration": {"level": 1}}], "index_codecs": [)" BYTES
    R"(, {"name": "crc32c"}]}}])";
#undef BYTES

class ShardStreamTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    CreateOptions create;
    create.shape = {70, 6};
    create.dtype = DataType::kUint16;
    create.chunk_shape = {8, 3};
    create.shard_shape = {32, 6};
    create.codecs = nlohmann::json::parse(GetParam());
    const Status created = create_field(*store_, "", create);
    ASSERT_TRUE(created.ok()) << created.to_string();
    stored_ = open_stored_field(store_, "", {}).value();
    sink_ = std::make_unique<FieldSink>(store_, "", stored_->spec());
  }
  // Rows that count their elements.
  Status add(ShardStream& stream, Index first, Index count) {
    std::vector<uint16_t> data(static_cast<size_t>(count) * 6);
    for (size_t i = 0; i < data.size(); ++i) {
      data[i] = static_cast<uint16_t>(first * 6 + static_cast<Index>(i) + 1);
    }
    const Region region{{{first, count, 1, false}, {0, 6, 1, false}}};
    return stream.add(region, std::as_bytes(std::span(data)));
  }
  std::vector<uint16_t> read() {
    const auto engine = Engine::create({.ram_bytes = 1 << 20, .predictor = "none"}).value();
    const RegionReader reader(engine->attach(stored_).value(), whole_region({70, 6}));
    std::vector<uint16_t> out(70 * 6);
    const Status status = reader.read(0, std::as_writable_bytes(std::span(out)), 1);
    EXPECT_TRUE(status.ok()) << status.to_string();
    return out;
  }

  std::shared_ptr<PiecesStore> store_ = std::make_shared<PiecesStore>();
  std::shared_ptr<StoredField> stored_;
  std::unique_ptr<FieldSink> sink_;
};

TEST_P(ShardStreamTest, ChunksMayComeInAnyOrderAndSomeNot) {
  ASSERT_TRUE(ShardStream::applies(stored_->spec(), *store_));
  ShardStream second = sink_->stream({1, 0});
  for (const Index row : {56, 32, 48}) EXPECT_TRUE(add(second, row, 8).ok());
  EXPECT_FALSE(store_->stat("c/1/0")->exists) << "not before it is finished";
  EXPECT_TRUE(second.finish().ok());
  ShardStream last = sink_->stream({2, 0});
  const Status edge = add(last, 64, 6);
  EXPECT_TRUE(edge.ok()) << edge.to_string();
  EXPECT_TRUE(last.finish().ok());
  std::vector<uint16_t> expected(70 * 6);
  for (size_t i = 32 * 6; i < expected.size(); ++i) {
    const size_t row = i / 6;
    expected[i] = row >= 40 && row < 48 ? 0 : static_cast<uint16_t>(i + 1);
  }
  EXPECT_EQ(read(), expected);
}

TEST_P(ShardStreamTest, OneWithoutElementsIsNotStored) {
  ASSERT_TRUE(store_->put("c/0/0", ByteVector(3)).ok());
  ShardStream stream = sink_->stream({0, 0});
  const ByteVector fill(8 * 6 * 2);
  EXPECT_TRUE(stream.add({{{8, 8, 1, false}, {0, 6, 1, false}}}, fill).ok());
  EXPECT_TRUE(stream.finish().ok());
  EXPECT_FALSE(store_->stat("c/0/0")->exists);
}

TEST_P(ShardStreamTest, WhatIsNotAWholeChunkOfItOnceIsRefused) {
  ShardStream stream = sink_->stream({0, 0});
  EXPECT_EQ(add(stream, 32, 8).code(), Code::kInvalidArgument);
  EXPECT_EQ(add(stream, 4, 8).code(), Code::kInvalidArgument);
  ShardStream twice = sink_->stream({0, 0});
  EXPECT_TRUE(add(twice, 8, 8).ok());
  EXPECT_EQ(add(twice, 8, 8).code(), Code::kInvalidArgument);
}

TEST_P(ShardStreamTest, AnImportUsesIt) {
  ShardStream second = sink_->stream({1, 0});
  ASSERT_TRUE(add(second, 32, 32).ok());
  ASSERT_TRUE(second.finish().ok());
  const std::vector<uint16_t> expected = read();
  const auto to = std::make_shared<PiecesStore>();
  ImportOptions options;
  options.create.chunk_shape = {8, 3};
  options.create.shard_shape = {32, 6};
  options.create.codecs = nlohmann::json::parse(GetParam());
  options.threads = 2;
  const Status status = import_field(stored_, to, "new", options);
  ASSERT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(to->streams, 1) << "the other shards have no elements";
  stored_ = open_stored_field(to, "new", {}).value();
  EXPECT_EQ(read(), expected);
}

INSTANTIATE_TEST_SUITE_P(Codecs, ShardStreamTest, testing::Values(kRaw, kPacked, kNested));

}  // namespace
}  // namespace neurofs
