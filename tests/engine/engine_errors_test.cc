// What the engine says of bad stored bytes: an error that names the place, and nothing remembered.

#include <filesystem>
#include <fstream>

#include "tests/engine/engine_fixture.h"
#include "tests/storage/temp_dir.h"

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

// Another process repairs an object as writers do it, by a rename, while its old version is open.
class RepairedByRename : public EngineErrors {
 protected:
  // The field that make() made, as files.
  void move_to_files(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) plant(key, store->bytes(key));
    auto files = open_store(dir.path(), {}).value();
    stored = open_stored_field(files, "", {}).value();
    field = engine->attach(stored).value();
  }
  void plant(const std::string& key, const ByteVector& bytes) {
    const std::filesystem::path path = dir.path() + "/" + key;
    std::filesystem::create_directories(path.parent_path());
    const std::string fresh = path.string() + ".new";
    std::ofstream(fresh, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    std::filesystem::rename(fresh, path);
  }

  test::TempDir dir;
};

TEST_F(RepairedByRename, R7ChunkThatDidNotDecode) {
  make({64, 16}, {64, 16}, {64, 16},
       R"([{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}])");
  const ByteVector good = store->bytes("c/0/0");
  ByteVector bad = good;
  bad[100] ^= std::byte{4};
  ASSERT_TRUE(store->put("c/0/0", bad).ok());
  move_to_files({"zarr.json", "c/0/0"});
  EXPECT_EQ(read_status(whole_region({64, 16})).code(), Code::kCorrupt);
  plant("c/0/0", good);
  EXPECT_EQ(read(whole_region({64, 16})), dense);
}

TEST_F(RepairedByRename, R7ChunkOfAShardAndR10ItsIndex) {
  make({64, 16}, {16, 16}, {64, 16},
       R"([{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}])");
  const ByteVector good = store->bytes("c/0/0");
  ByteVector bad_chunk = good;
  bad_chunk[100] ^= std::byte{4};
  ByteVector bad_index = good;
  bad_index.back() ^= std::byte{4};
  move_to_files({"zarr.json"});
  for (const ByteVector& bad : {bad_index, bad_chunk}) {
    plant("c/0/0", bad);
    stored->forget_indexes();
    stored->store().forget("c/0/0");
    EXPECT_EQ(read_status(whole_region({64, 16})).code(), Code::kCorrupt);
    plant("c/0/0", good);
    EXPECT_EQ(read(whole_region({64, 16})), dense);
    field = engine->attach(stored).value();  // with nothing cached
  }
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
