// What the engine says of bad stored bytes: an error that names the place, and nothing remembered.

#include "tests/engine/engine_fixture.h"

namespace neurofs {
namespace {

class EngineErrors : public EngineFixture {
 protected:
  Status read_status(const Region& region) {
    const RegionReader reader(field, region);
    ByteVector out(reader.size());
    return reader.read(0, out, 1);
  }
};

TEST_F(EngineErrors, R6TruncatedOrLongChunkIsCorruptAndNotCached) {
  make({100, 30}, {50, 30}, {50, 30});
  const std::string key = "c/0/0";
  const auto good = read_all(*store, key, 1 << 20).value();
  for (const size_t size : {good.size() - 1, good.size() / 2, size_t{0}, good.size() + 1}) {
    ByteVector bad = good;
    bad.resize(size);
    ASSERT_TRUE(store->put(key, bad).ok());
    const Status status = read_status(neuron_region(field->spec(), 3));
    EXPECT_EQ(status.code(), Code::kCorrupt) << size << " " << status.to_string();
    EXPECT_NE(status.message().find(key), std::string::npos) << status.message();
    EXPECT_TRUE(read_status(neuron_region(field->spec(), 60)).ok()) << "the other chunk lives";
  }
  ASSERT_TRUE(store->put(key, good).ok());
  EXPECT_EQ(read(whole_region({100, 30})), dense);
}

TEST_F(EngineErrors, R7FlippedBitUnderCrc32c) {
  make({64, 16}, {64, 16}, {64, 16},
       R"([{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}])");
  auto bytes = read_all(*store, "c/0/0", 1 << 20).value();
  bytes[100] ^= std::byte{4};
  ASSERT_TRUE(store->put("c/0/0", bytes).ok());
  EXPECT_EQ(read_status(whole_region({64, 16})).code(), Code::kCorrupt);
  bytes[100] ^= std::byte{4};
  ASSERT_TRUE(store->put("c/0/0", bytes).ok());
  EXPECT_EQ(read(whole_region({64, 16})), dense);
}

TEST_F(EngineErrors, R38AChunkLargerThanTheBudgetIsNoMemory) {
  make({512, 512}, {512, 512}, {512, 512},
       R"([{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}])", 256 << 10);
  const Status status = read_status(whole_region({512, 512}));
  EXPECT_EQ(status.code(), Code::kNoMemory) << status.to_string();
  EXPECT_NE(status.message().find("--ram"), std::string::npos) << status.message();
}

TEST_F(EngineErrors, OptionsAreChecked) {
  EngineOptions options;
  options.policy = "none such";
  EXPECT_EQ(Engine::create(options).status().code(), Code::kInvalidArgument);
  options = {};
  options.predictor = "oracle";
  EXPECT_EQ(Engine::create(options).status().code(), Code::kInvalidArgument);
  options = {};
  options.ram_bytes = 1;
  EXPECT_EQ(Engine::create(options).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace neurofs
