// What the engine says of bad stored bytes: an error that names the place, and nothing remembered.

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/engine/mmap_neural_field.h"
#include "core/storage/file_store.h"
#include "tests/engine/engine_fixture.h"
#include "tests/storage/fault_store.h"
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

// Behind the back of `field`, through another one on the same store: what chunks 8 to 15 have becomes
// the fill value, so that these leave the shard and all that follows lies elsewhere in it.
class ReplacedShard : public EngineErrors {
 protected:
  void replace() {
    auto other = open_stored_field(store, "", {}).value();
    auto writer = std::move(FieldWriter::open(other)).value();
    std::fill(dense.begin() + 8 * 1024, dense.begin() + 16 * 1024, 77u);
    const auto fresh = std::as_bytes(std::span(dense));
    // As another program does it: the whole object at once, packed.
    ASSERT_TRUE(store->remove("c/0/0").ok());
    for (const Index first : {Index{32}, Index{0}}) {
      const Region half{{{first, 32, 1, false}, {0, 1024, 1, false}}};
      ASSERT_TRUE(
          writer->write(half, fresh.subspan(static_cast<size_t>(first) * 4096, 32 * 4096)).ok());
    }
  }
};

// The index that is remembered tells of the old object: its ranges are other chunks of the new one.
TEST_F(ReplacedShard, IsReadByItsOwnIndex) {
  const std::string little = R"({"name":"bytes","configuration":{"endian":"little"}})";
  const std::string packed = R"([)" + little + R"(,{"name":"zstd","configuration":{"level":1}}])";
  const std::string nested = R"([{"name":"sharding_indexed","configuration":{"chunk_shape":[8,1024],
    "codecs":[)" + little + R"(],"index_codecs":[)" +
                             little + R"(,{"name":"crc32c"}]}}])";
  make({64, 1024}, {8, 1024}, {64, 1024}, packed.c_str());
  ASSERT_EQ(read(neuron_region(field->spec(), 3)).front(), 3 * 1024u);
  replace();
  EXPECT_EQ(read(whole_region({64, 1024})), dense);

  make({64, 1024}, {32, 1024}, {64, 1024}, nested.c_str());
  ASSERT_EQ(stored->spec().shards.size(), 2u);
  ASSERT_EQ(read(neuron_region(field->spec(), 3)).front(), 3 * 1024u);
  replace();
  EXPECT_EQ(read(neuron_region(field->spec(), 40)).front(), 40 * 1024u);
  EXPECT_EQ(read(whole_region({64, 1024})), dense);
}

// Half of a chunk is in RAM when its object is replaced: the other half is not put beside it.
TEST_F(RepairedByRename, R26AChunkIsNeverOfTwoVersions) {
  for (const bool sharded : {false, true}) {
    make({64, 1024}, {sharded ? 32 : 64, 1024}, {64, 1024});
    ASSERT_EQ(stored->spec().shards.empty(), !sharded);
    move_to_files({"zarr.json", "c/0/0"});
    ASSERT_EQ(read(neuron_region(field->spec(), 3)).front(), 3 * 1024u);
    ByteVector fresh = store->bytes("c/0/0");
    for (size_t i = 0; i < size_t{64} * 4096; i += 4) fresh[i + 3] ^= std::byte{0x80};
    std::vector<uint32_t> changed = dense;
    for (uint32_t& value : changed) value ^= 0x80000000u;
    plant("c/0/0", fresh);
    stored->store().forget("c/0/0");  // as after its time in the cache of open files
    const auto got = read(whole_region({64, 1024}));
    EXPECT_EQ(got, changed) << (sharded ? "sharded" : "not sharded");
    const RegionReader pinned(field, whole_region({64, 1024}));
    const auto pins = pinned.read_pinned(0, 16384, 1);
    ASSERT_TRUE(pins.ok());
    EXPECT_EQ(std::memcmp(pins->spans()[0].data(), changed.data(), pins->spans()[0].size()), 0);
  }
}

// The same under readers and a writer that go on at once: each read is of one version, or stale.
TEST_F(RepairedByRename, R26ReadersBesideAWriterThatReplaces) {
  make({64, 1024}, {32, 1024}, {64, 1024});
  move_to_files({"zarr.json", "c/0/0"});
  auto files =
      FileStore::open(dir.path(), {}, {.fd_max_age = std::chrono::milliseconds(0)}).value();
  stored = open_stored_field(files, "", {}).value();
  EngineOptions options;
  options.ram_bytes = uint64_t{200} << 10;  // less than the field: blocks come and go
  options.predictor = "stride";
  engine = Engine::create(options).value();
  field = engine->attach(stored).value();
  std::atomic<bool> stop{false};
  std::atomic<int> mixed{0};
  std::atomic<int> good{0};
  std::vector<std::thread> readers;
  for (uint64_t n = 0; n < 4; ++n) {
    readers.emplace_back([&, n] {
      const Region chunk{{{static_cast<Index>(n % 2 * 32), 32, 1, false}, {0, 1024, 1, false}}};
      const RegionReader reader(field, chunk);
      std::vector<uint32_t> out(size_t{32} * 1024);
      while (!stop) {
        // A part first, so that the chunk is in RAM in parts.
        (void)reader.read(n * 8192, std::as_writable_bytes(std::span(out)).first(4096), n);
        const Status status = reader.read(0, std::as_writable_bytes(std::span(out)), n);
        if (!status.ok()) {
          EXPECT_EQ(status.code(), Code::kStale) << status.to_string();
          continue;
        }
        ++good;
        const uint32_t mask = 0xff000000u;
        for (size_t i = 0; i < out.size(); ++i) {
          if ((out[i] & mask) != (out[0] & mask) || (out[i] & ~mask) != n % 2 * 32768 + i) ++mixed;
        }
      }
    });
  }
  ByteVector bytes = store->bytes("c/0/0");
  for (int version = 1; version <= 60; ++version) {
    for (size_t i = 0; i < size_t{64} * 4096; i += 4)
      bytes[i + 3] = static_cast<std::byte>(version);
    plant("c/0/0", bytes);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  stop = true;
  for (auto& t : readers) t.join();
  EXPECT_EQ(mixed, 0);
  EXPECT_GT(good, 0);
}

// As `neurofs write` does it, beside a reader that has a part of the chunk.
TEST_F(RepairedByRename, R26AChunkThatIsWrittenInPlace) {
  make({64, 1024}, {32, 1024}, {64, 1024});
  move_to_files({"zarr.json", "c/0/0"});
  ASSERT_EQ(read(neuron_region(field->spec(), 3)).front(), 3 * 1024u);
  auto files = open_store(dir.path(), {.writable = true}).value();
  auto writer = std::move(FieldWriter::open(open_stored_field(files, "", {}).value()).value());
  for (uint32_t& value : dense) value += 7;
  ASSERT_TRUE(writer->write(whole_region({64, 1024}), std::as_bytes(std::span(dense))).ok());
  EXPECT_EQ(read(whole_region({64, 1024})), dense);
}

TEST_F(RepairedByRename, R26ARemovedChunkIsFillAndNotHalfOfIt) {
  make({64, 1024}, {64, 1024}, {});
  move_to_files({"zarr.json", "c/0/0"});
  ASSERT_EQ(read(neuron_region(field->spec(), 3)).front(), 3 * 1024u);
  std::filesystem::remove(dir.path() + "/c/0/0");
  stored->store().forget("c/0/0");
  EXPECT_EQ(read(whole_region({64, 1024})), std::vector<uint32_t>(size_t{64} * 1024, 77u));
}

// numpy.save over a file that is mounted: the same kind of array is read as it is now; another one is
// not taken for it.
TEST_F(RepairedByRename, R26AnNpyFileThatIsReplaced) {
  make({4, 4}, {4, 4}, {});
  const auto npy = [](const std::string& dtype, uint8_t value) {
    std::string header =
        "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': (16, 1024), }";
    header.resize(117, ' ');
    header += '\n';
    std::string text("\x93NUMPY\x01\x00\x76\x00", 10);
    text += header + std::string(size_t{16} * 4096, static_cast<char>(value));
    const auto bytes = std::as_bytes(std::span(text));
    return ByteVector(bytes.begin(), bytes.end());
  };
  plant("a.npy", npy("<u4", 1));
  stored = open_stored_field(open_store(dir.path(), {}).value(), "a.npy", {}).value();
  field = engine->attach(stored).value();
  EXPECT_EQ(read(neuron_region(field->spec(), 3)).front(), 0x01010101u);
  plant("a.npy", npy("<u4", 2));
  stored->store().forget("a.npy");
  EXPECT_EQ(read(whole_region({16, 1024})), std::vector<uint32_t>(size_t{16} * 1024, 0x02020202u));
  plant("a.npy", npy("<f4", 3));
  stored->store().forget("a.npy");
  field->invalidate();
  const Status status = read_status(whole_region({16, 1024}));
  EXPECT_EQ(status.code(), Code::kStale) << status.to_string();
  EXPECT_NE(status.message().find("another array"), std::string::npos) << status.message();
}

// Every read of the object finds another version than its index: an error, and an end.
TEST_F(EngineErrors, AShardThatIsReplacedEverAgainIsStale) {
  make({64, 1024}, {16, 1024}, {64, 1024});
  auto faults = std::make_shared<test::FaultStore>(store);
  stored = open_stored_field(faults, "", {}).value();
  field = engine->attach(stored).value();
  ASSERT_EQ(read(neuron_region(field->spec(), 3)).front(), 3 * 1024u);
  faults->add({.key_part = "c/0", .code = Code::kStale});
  EXPECT_EQ(read_status(neuron_region(field->spec(), 20)).code(), Code::kStale);
  faults->clear();
  EXPECT_EQ(read(neuron_region(field->spec(), 20)).front(), 20 * 1024u);
}

TEST_F(RepairedByRename, AMappedShardIsReadByItsOwnIndex) {
  make({64, 1024}, {16, 1024}, {64, 1024});
  const size_t chunk = size_t{16} * 1024 * 4;
  const auto shard = [&](std::vector<uint64_t> words) {
    ByteVector bytes = store->bytes("c/0/0");
    const auto at = [&](uint64_t offset) { return bytes.begin() + static_cast<ptrdiff_t>(offset); };
    if (words[2] != chunk) std::swap_ranges(at(chunk), at(2 * chunk), at(2 * chunk));
    const ShardLevel& level = stored->spec().shards.front();
    const auto index = level.index_codecs.encode(std::as_bytes(std::span(words))).value();
    std::ranges::copy(index, bytes.end() - static_cast<ptrdiff_t>(index.size()));
    return bytes;
  };
  constexpr uint64_t kAbsent = ~uint64_t{0};
  const auto first = shard({kAbsent, kAbsent, chunk, chunk, 2 * chunk, chunk, 3 * chunk, chunk});
  const auto second = shard({kAbsent, kAbsent, 2 * chunk, chunk, chunk, chunk, 3 * chunk, chunk});
  ASSERT_TRUE(store->put("c/0/0", first).ok());
  move_to_files({"zarr.json", "c/0/0"});
  const auto mapped = MMapNeuralField::open(dir.path());
  ASSERT_TRUE(mapped.ok()) << mapped.status().to_string();
  EXPECT_EQ(mapped->get(3)->as<uint32_t>()[0], 77u) << "an absent chunk: the index is known now";
  plant("c/0/0", second);
  for (Index neuron = 16; neuron < 64; neuron += 5) {
    const auto activation = mapped->get(neuron);
    ASSERT_TRUE(activation.ok()) << activation.status().to_string();
    EXPECT_EQ(activation->as<uint32_t>()[0], neuron * 1024) << neuron;
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
