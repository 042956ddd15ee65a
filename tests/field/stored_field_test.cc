#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "core/base/cancellation.h"
#include "core/field/shard_index_cache.h"
#include "core/field/zarr3_metadata.h"
#include "tests/field/field_testing.h"
#include "tests/storage/fault_store.h"

namespace neurofs {
namespace {

using ::testing::HasSubstr;
using testing::small_sharded;
using testing::small_zarr3;
using Kind = ChunkPlace::Kind;

constexpr uint64_t kAbsent = ~uint64_t{0};

ChunkPlace locate(StoredField& field, Dims chunk) {
  ChunkQuery query{std::move(chunk), {}};
  field.locate({&query, 1});
  return query.place;
}

// A shard of four chunks of 24 bytes: 0 and 3 present, 1 missing, 2 corrupt.
ByteVector make_shard(const FieldSpec& spec) {
  const std::vector<uint64_t> words = {0, 24, kAbsent, kAbsent, 0, 23, 24, 24};
  ByteVector shard(48);
  const auto index = spec.shards[0].index_codecs.encode(std::as_bytes(std::span(words))).value();
  shard.insert(shard.end(), index.begin(), index.end());
  return shard;
}

class ShardedField : public ::testing::Test {
 protected:
  void open(const FieldOptions& options = {}) {
    store_ = testing::store_with("a/zarr.json", small_sharded({2, 3}).dump());
    auto field = open_stored_field(store_, "a", options);
    ASSERT_TRUE(field.ok()) << field.status().message();
    field_ = *field;
  }
  std::shared_ptr<MemoryStore> store_;
  std::shared_ptr<StoredField> field_;
};

TEST_F(ShardedField, R10_BadEntryHitsOnlyItsChunk) {
  open();
  ASSERT_TRUE(store_->put("a/c/0/0", make_shard(field_->spec())).ok());
  std::vector<ChunkQuery> queries = {{{0, 0}, {}}, {{0, 1}, {}}, {{1, 0}, {}}, {{1, 1}, {}}};
  field_->locate(queries);
  EXPECT_EQ(queries[0].place.kind, Kind::kRange);
  EXPECT_EQ(queries[0].place.key, "a/c/0/0");
  EXPECT_EQ(queries[0].place.range, (ByteRange{0, 24}));
  EXPECT_EQ(queries[1].place.kind, Kind::kMissing);
  EXPECT_EQ(queries[2].place.kind, Kind::kError);
  EXPECT_EQ(queries[2].place.status.code(), Code::kCorrupt);
  EXPECT_THAT(queries[2].place.status.message(), HasSubstr("a/c/0/0"));
  EXPECT_THAT(queries[2].place.status.message(), HasSubstr("entry 2"));
  EXPECT_EQ(queries[3].place.range, (ByteRange{24, 24}));
}

TEST_F(ShardedField, R10_IndexFailuresAreNotCached) {
  open();
  ByteVector shard = make_shard(field_->spec());
  shard.back() ^= std::byte{1};
  ASSERT_TRUE(store_->put("a/c/0/0", shard).ok());
  EXPECT_EQ(locate(*field_, {0, 0}).status.code(), Code::kCorrupt);
  EXPECT_EQ(locate(*field_, {0, 1}).status.code(), Code::kCorrupt);
  shard.back() ^= std::byte{1};
  ASSERT_TRUE(store_->put("a/c/0/0", shard).ok());
  EXPECT_EQ(locate(*field_, {0, 0}).kind, Kind::kRange);
}

TEST_F(ShardedField, R10_ShardShorterThanItsIndex) {
  open();
  store_->plant("a/c/0/0", "short");
  const ChunkPlace place = locate(*field_, {0, 0});
  EXPECT_EQ(place.kind, Kind::kError);
  EXPECT_THAT(place.status.message(), HasSubstr("it is truncated"));
}

TEST_F(ShardedField, MissingShardIsRememberedForItsTime) {
  open({.missing_ttl_ms = 3600 * 1000});
  EXPECT_EQ(locate(*field_, {0, 0}).kind, Kind::kMissing);
  ASSERT_TRUE(store_->put("a/c/0/0", make_shard(field_->spec())).ok());
  EXPECT_EQ(locate(*field_, {0, 0}).kind, Kind::kMissing);
  field_->forget_indexes();
  EXPECT_EQ(locate(*field_, {0, 0}).kind, Kind::kRange);
}

TEST_F(ShardedField, MissingShardIsLookedForAgain) {
  open({.missing_ttl_ms = 0});
  EXPECT_EQ(locate(*field_, {0, 0}).kind, Kind::kMissing);
  ASSERT_TRUE(store_->put("a/c/0/0", make_shard(field_->spec())).ok());
  EXPECT_EQ(locate(*field_, {0, 0}).kind, Kind::kRange);
}

TEST_F(ShardedField, IndexIsReadOnceAndWithoutCacheStillResolves) {
  for (const uint64_t budget : {uint64_t{0}, uint64_t{1} << 20}) {
    Metrics metrics;
    open({.index_cache_bytes = budget, .metrics = &metrics});
    ASSERT_TRUE(store_->put("a/c/0/0", make_shard(field_->spec())).ok());
    std::vector<ChunkQuery> queries = {{{0, 0}, {}}, {{1, 1}, {}}};
    field_->locate(queries);
    field_->locate(queries);
    EXPECT_EQ(queries[1].place.kind, Kind::kRange);
    EXPECT_EQ(metrics.counter("shard_index_reads_total", "").value(), budget == 0 ? 2u : 1u);
  }
}

// The store takes its time, so that all come while the first one reads.
class ReadersAtOnce : public ShardedField {
 protected:
  static constexpr size_t kReaders = 16;

  void open_slow(std::chrono::milliseconds delay = std::chrono::milliseconds(100)) {
    open();
    ASSERT_TRUE(store_->put("a/c/0/0", make_shard(field_->spec())).ok());
    slow_ = std::make_shared<test::FaultStore>(store_);
    auto field = open_stored_field(slow_, "a", {.metrics = &metrics_});
    ASSERT_TRUE(field.ok()) << field.status().message();
    field_ = *field;
    slow_->add({.key_part = "c/0", .fault = test::Fault::kSlow, .delay = delay});
  }

  // What each of them finds.
  std::vector<ChunkPlace> locate_at_once() {
    std::vector<ChunkPlace> places(kReaders);
    std::vector<std::thread> readers;
    for (ChunkPlace& place : places) {
      readers.emplace_back([&] { place = locate(*field_, {0, 0}); });
    }
    for (std::thread& reader : readers) reader.join();
    return places;
  }

  Metrics metrics_;
  std::shared_ptr<test::FaultStore> slow_;
};

TEST_F(ReadersAtOnce, R37_ReadAnIndexOnce) {
  open_slow();
  for (const ChunkPlace& place : locate_at_once()) EXPECT_EQ(place.kind, Kind::kRange);
  EXPECT_EQ(metrics_.counter("shard_index_reads_total", "").value(), 1U);
}

TEST_F(ReadersAtOnce, AskForThemselvesWhenTheFirstFails) {
  open_slow();
  slow_->clear();
  slow_->add({.key_part = "c/0", .fault = test::Fault::kError, .times = 1});
  size_t failed = 0;
  for (const ChunkPlace& place : locate_at_once()) failed += place.kind == Kind::kError;
  EXPECT_EQ(failed, 1U);
}

TEST_F(ReadersAtOnce, NobodyWaitsPastItsDeadline) {
  open_slow(std::chrono::seconds(1));
  const uint64_t opened = slow_->ops();
  std::thread first([this] { EXPECT_EQ(locate(*field_, {0, 0}).kind, Kind::kRange); });
  while (slow_->ops() == opened) std::this_thread::yield();
  const ReadScope scope(nullptr, ReadScope::Clock::now() + std::chrono::milliseconds(1));
  const ChunkPlace place = locate(*field_, {0, 0});
  EXPECT_EQ(place.kind, Kind::kError);
  EXPECT_EQ(place.status.code(), Code::kTimeout);
  first.join();
}

TEST_F(ShardedField, ChunkOutsideTheGrid) {
  open();
  for (const Dims& chunk : {Dims{2, 0}, Dims{0, -1}, Dims{0}, Dims{0, 0, 0}}) {
    EXPECT_EQ(locate(*field_, chunk).status.code(), Code::kInvalidArgument);
  }
}

TEST(StoredField, UnshardedKeys) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"default", "/", "c/1/0"}, {"default", ".", "c.1.0"}, {"v2", "/", "1/0"}, {"v2", ".", "1.0"}};
  for (const auto& [kind, separator, key] : cases) {
    auto document = small_zarr3();
    document["chunk_key_encoding"] = {{"name", kind},
                                      {"configuration", {{"separator", separator}}}};
    auto field = open_stored_field(testing::store_with("zarr.json", document.dump()), "", {});
    ASSERT_TRUE(field.ok());
    const ChunkPlace place = locate(**field, {1, 0});
    EXPECT_EQ(place.kind, Kind::kWholeObject);
    EXPECT_EQ(place.key, key);
  }
}

TEST(StoredField, R12_MissingChunksReadAsFill) {
  auto field = open_stored_field(testing::store_with("zarr.json", small_zarr3().dump()), "", {});
  ASSERT_TRUE(field.ok());
  const auto dense = testing::read_dense(**field);
  ASSERT_TRUE(dense.ok()) << dense.status().message();
  int32_t last = 0;
  std::memcpy(&last, dense->data() + dense->size() - 4, 4);
  EXPECT_EQ(last, 7);
}

TEST(StoredField, NothingThere) {
  const auto result = open_stored_field(std::make_shared<MemoryStore>(), "x", {});
  EXPECT_EQ(result.status().code(), Code::kNotFound);
  EXPECT_THAT(result.status().message(), HasSubstr(".zarray"));
}

TEST(StoredField, R1_ErrorNamesTheDocument) {
  const auto result = open_stored_field(testing::store_with("x/zarr.json", "{"), "x", {});
  EXPECT_EQ(result.status().code(), Code::kCorrupt);
  EXPECT_THAT(result.status().message(), HasSubstr("x/zarr.json: byte 1"));
}

TEST(ShardIndexCache, StaysWithinItsBudgetAndKeepsWhatIsUsed) {
  const FieldSpec spec = parse_zarr3_array(small_sharded({2, 3})).value();
  const std::vector<uint64_t> words(8, kAbsent);
  const auto encoded = spec.shards[0].index_codecs.encode(std::as_bytes(std::span(words))).value();
  const auto index = std::make_shared<const ShardIndex>(
      ShardIndex::parse(encoded, spec.shards[0], {0, 1000}, {}).value());
  ShardIndexCache cache(4 * (256 + 64), std::chrono::milliseconds(1000));
  for (uint64_t n = 0; n < 100; ++n) {
    cache.insert({0, n}, index, cache.generation());
    EXPECT_LE(cache.used_bytes(), 4u * (256 + 64));
    EXPECT_TRUE(cache.find({0, 0}).has_value()) << "used all the time, at " << n;
  }
  EXPECT_FALSE(cache.find({0, 50}).has_value());
  const uint64_t before = cache.generation();
  cache.clear();
  cache.insert({0, 7}, index, before);
  EXPECT_FALSE(cache.find({0, 7}).has_value()) << "read before the clear";
}

}  // namespace
}  // namespace neurofs
