// Imports into a memory store, whole and stopped half way.
#include <gtest/gtest.h>

#include "core/codec/fill_value.h"
#include "core/engine/field.h"
#include "core/engine/import_fill.h"
#include "core/engine/importer.h"
#include "tests/engine/writer_support.h"

namespace neurofs {
namespace {

using writer_test::DenseField;

CreateOptions layout(Dims chunk, Dims shard, nlohmann::json codecs = nullptr) {
  CreateOptions options;
  options.chunk_shape = std::move(chunk);
  options.shard_shape = std::move(shard);
  options.codecs = std::move(codecs);
  return options;
}

const nlohmann::json kGzip =
    nlohmann::json::array({{{"name", "bytes"}, {"configuration", {{"endian", "little"}}}},
                           {{"name", "gzip"}, {"configuration", {{"level", 1}}}}});

const nlohmann::json kBytesGzip = nlohmann::json::array(
    {{{"name", "bytes"}}, {{"name", "gzip"}, {"configuration", {{"level", 1}}}}});

class Importer : public testing::Test {
 protected:
  void SetUp() override {
    CreateOptions options = layout({16, 6}, {64, 6}, kGzip);
    options.shape = {200, 6};
    options.fill_value = 7;
    source_ = std::make_unique<DenseField>(options);
    const Region region = *parse_region("3:180", options.shape);
    ByteVector data(177 * 6 * 4);
    for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 37 % 61);
    ASSERT_TRUE(source_->write(region, data).ok());
  }

  std::shared_ptr<StoredField> open(std::shared_ptr<ObjectStore> store, std::string_view path) {
    auto field = open_stored_field(std::move(store), path, {});
    EXPECT_TRUE(field.ok()) << field.status().to_string();
    return *field;
  }
  Status import(const ImportOptions& options) {
    return import_field(open(source_->shared_store(), ""), store_, "new", options);
  }
  // The imported field, read through an engine, is the source.
  void expect_equal() {
    const auto field = open(store_, "new");
    const FieldSpec& spec = field->spec();
    EXPECT_EQ(spec.fill, source_->spec().fill);
    const auto engine = Engine::create({.ram_bytes = 64 << 20, .predictor = "none"});
    ASSERT_TRUE(engine.ok()) << engine.status().to_string();
    const RegionReader reader(*(*engine)->attach(field), whole_region(spec.shape));
    ByteVector out(reader.size());
    const Status status = reader.read(0, out, 0);
    ASSERT_TRUE(status.ok()) << status.to_string();
    EXPECT_EQ(out, source_->dense());
  }

  std::unique_ptr<DenseField> source_;
  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
};

TEST_F(Importer, CopiesIntoRawAndCompressedLayouts) {
  for (const CreateOptions& create : {layout({8, 6}, {32, 6}), layout({8, 3}, {24, 6}, kGzip),
                                      layout({30, 6}, {30, 6}), CreateOptions{}}) {
    store_ = std::make_shared<MemoryStore>();
    ImportOptions options;
    options.create = create;
    options.threads = 3;
    const Status status = import(options);
    ASSERT_TRUE(status.ok()) << status.to_string();
    expect_equal();
    EXPECT_FALSE(store_->stat("new/.neurofs-import/plan.json")->exists);
  }
}

TEST_F(Importer, AStoppedImportIsNoFieldAndIsResumed) {
  ImportOptions options;
  options.create = layout({8, 6}, {32, 6});
  options.threads = 1;
  int calls = 0;
  options.progress = [&](const ImportProgress&) { return ++calls < 4; };
  EXPECT_EQ(import(options).code(), Code::kInterrupted);
  EXPECT_FALSE(store_->stat("new/zarr.json")->exists);
  EXPECT_EQ(open_stored_field(store_, "new", {}).status().code(), Code::kNotFound);

  ImportProgress last;
  uint64_t first_done = 0;
  options.progress = [&](const ImportProgress& progress) {
    if (first_done == 0) first_done = progress.done_bytes;
    last = progress;
    return true;
  };
  const Status status = import(options);
  ASSERT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(last.resumed_bytes, 3 * 32 * 6 * 4u);
  EXPECT_GT(first_done, last.resumed_bytes);
  EXPECT_EQ(last.done_bytes, 200 * 6 * 4u);
  EXPECT_EQ(last.total_bytes, last.done_bytes);
  expect_equal();
}

TEST_F(Importer, ResumingWithOtherOptionsOrAnotherSourceIsRefused) {
  ImportOptions options;
  options.create = layout({8, 6}, {32, 6});
  options.progress = [](const ImportProgress&) { return false; };
  EXPECT_EQ(import(options).code(), Code::kInterrupted);
  ImportOptions other = options;
  other.create = layout({4, 6}, {32, 6});
  EXPECT_EQ(import(other).code(), Code::kExists);
  // The same place, but its bytes have changed.
  const ByteVector shard = source_->store().bytes("c/0/0");
  ASSERT_TRUE(source_->store().put("c/0/0", shard).ok());
  EXPECT_EQ(import(options).code(), Code::kExists);
}

TEST_F(Importer, MemoryThatIsGivenLimitsTheThreads) {
  ImportOptions options;
  options.create = layout({8, 6}, {32, 6}, kGzip);
  options.threads = 3;
  options.memory_bytes = 4 * 2 * 32 * 6 * 4;  // a quarter is the engine's: two tasks
  options.progress = [](const ImportProgress& progress) {
    EXPECT_EQ(progress.threads, 2u);
    EXPECT_EQ(progress.threads_wanted, 3u);
    return true;
  };
  ASSERT_TRUE(import(options).ok());
  expect_equal();
}

TEST_F(Importer, MemoryIsEnoughForTheThreadsByDefault) {
  CreateOptions large;
  large.shape = {Index{128} << 20};
  large.dtype = DataType::kUint8;
  MemoryStore& source = source_->store();
  ASSERT_TRUE(create_field(source, "large", large).ok());
  ImportOptions options;
  options.create = layout({Index{1} << 20}, {Index{64} << 20}, kBytesGzip);
  options.threads = 2;
  ImportProgress seen;
  options.progress = [&](const ImportProgress& progress) {
    seen = progress;
    return false;
  };
  const auto field = open(source_->shared_store(), "large");
  EXPECT_EQ(import_field(field, store_, "new", options).code(), Code::kInterrupted);
  EXPECT_EQ(seen.threads, 2u);
}

TEST_F(Importer, DoesNotTouchAPlaceThatIsTaken) {
  ASSERT_TRUE(store_->put("new/c/0/0", ByteVector(3)).ok());
  EXPECT_EQ(import({}).code(), Code::kExists);
  CreateOptions create;
  create.shape = {4, 4};
  store_ = std::make_shared<MemoryStore>();
  ASSERT_TRUE(create_field(*store_, "new", create).ok());
  EXPECT_EQ(import({}).code(), Code::kExists);
}

TEST(FillValueJson, EveryTypeKeepsItsBits) {
  for (int i = 0; i < kDataTypeCount; ++i) {
    const auto dtype = static_cast<DataType>(i);
    for (const int pattern : {0x00, 0x01, 0x7f, 0xff}) {
      ByteVector fill(item_size(dtype), static_cast<std::byte>(pattern));
      if (dtype == DataType::kBool) fill[0] &= std::byte{1};
      const auto parsed =
          parse_fill_value(nlohmann::json::parse(fill_value_json(fill, dtype).dump()), dtype);
      ASSERT_TRUE(parsed.ok()) << parsed.status().to_string();
      EXPECT_EQ(*parsed, fill) << zarr_name(dtype) << ' ' << pattern;
    }
  }
}

}  // namespace
}  // namespace neurofs
