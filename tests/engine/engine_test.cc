#include <algorithm>
#include <thread>

#include "tests/engine/engine_fixture.h"

namespace neurofs {
namespace {

class EngineTest : public EngineFixture {};

Region region_of(const char* text, const Dims& shape) {
  return parse_region(text, shape).value();
}

TEST_F(EngineTest, ReadsAWholeField) {
  make({100, 30}, {16, 30}, {32, 30});
  EXPECT_EQ(read(whole_region({100, 30})), dense);
  EXPECT_EQ(read(whole_region({100, 30})), dense);
}

TEST_F(EngineTest, ReadsSlicesAsNumPyDoes) {
  make({20, 7, 9}, {6, 4, 9}, {12, 8, 9});
  const Dims shape{20, 7, 9};
  const auto at = [&](Index a, Index b, Index c) {
    return dense[static_cast<size_t>((a * 7 + b) * 9 + c)];
  };
  const auto out = read(region_of("17:2:-4,::3,5", shape));
  std::vector<uint32_t> expected;
  for (Index a = 17; a > 2; a -= 4) {
    for (Index b = 0; b < 7; b += 3) expected.push_back(at(a, b, 5));
  }
  EXPECT_EQ(out, expected);
}

TEST_F(EngineTest, ReadsEveryByteRange) {
  make({9, 5}, {4, 5}, {4, 5});
  const RegionReader reader(field, whole_region({9, 5}));
  const auto bytes = std::as_bytes(std::span(dense));
  for (uint64_t begin = 0; begin <= bytes.size(); begin += 3) {
    for (uint64_t length = 0; begin + length <= bytes.size(); length += 7) {
      ByteVector out(length);
      ASSERT_TRUE(reader.read(begin, out, 1).ok());
      ASSERT_TRUE(std::ranges::equal(out, bytes.subspan(begin, length))) << begin << "+" << length;
      const auto pins = reader.read_pinned(begin, length, 1);
      ASSERT_TRUE(pins.ok());
      uint64_t done = 0;
      for (const Bytes span : pins->spans()) {
        ASSERT_EQ(std::memcmp(span.data(), bytes.data() + begin + done, span.size()), 0);
        done += span.size();
      }
      ASSERT_EQ(done, length);
    }
  }
  ByteVector one(1);
  EXPECT_EQ(reader.read(bytes.size(), one, 1).code(), Code::kInvalidArgument);
  EXPECT_EQ(reader.read(UINT64_MAX, one, 1).code(), Code::kInvalidArgument);
}

TEST_F(EngineTest, PinnedSpansPointIntoTheCache) {
  make({64, 1024}, {64, 1024}, {64, 1024});
  const RegionReader reader(field, whole_region({64, 1024}));
  const auto first = reader.read_pinned(4096, 8192, 1);
  const auto second = reader.read_pinned(4096, 8192, 1);
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_EQ(first->spans().size(), 2u);
  EXPECT_EQ(first->spans()[0].data(), second->spans()[0].data()) << "no copy";
}

TEST_F(EngineTest, ATryReadNeverFetches) {
  make({64, 1024}, {64, 1024}, {64, 1024});
  const RegionReader reader(field, whole_region({64, 1024}));
  ByteVector out(5000);
  EXPECT_EQ(reader.try_read(100, out, 1).value(), false);
  EXPECT_EQ(engine->ram_used(), 0u) << "it must not fetch";
  ASSERT_TRUE(reader.read(100, out, 1).ok());
  ByteVector again(5000);
  EXPECT_EQ(reader.try_read(100, again, 1).value(), true);
  EXPECT_EQ(again, out);
  EXPECT_EQ(reader.try_read(64 * 4096, out, 1).status().code(), Code::kInvalidArgument);
}

TEST_F(EngineTest, BringFetchesWhatManyReadsLackAtOnce) {
  make({64, 1024}, {64, 1024}, {64, 1024});
  const RegionReader whole(field, whole_region({64, 1024}));
  const RegionReader neuron(field, neuron_region(field->spec(), 9));
  const std::vector<RegionReader::Range> ranges = {
      {&whole, 4095, 2}, {&neuron, 10, 30}, {&whole, 9 * 4096, 100}, {&whole, UINT64_MAX, 5}};
  {
    const Brought brought = RegionReader::bring(ranges);
    ByteVector out(2);
    EXPECT_TRUE(whole.try_read(4095, out, 1).value());
    EXPECT_TRUE(neuron.try_read(0, out, 1).value());
    EXPECT_FALSE(whole.try_read(3 * 4096, out, 1).value());
    EXPECT_FALSE(whole.read_brought(brought, 3 * 4096, out, 1).value());
    EXPECT_TRUE(whole.read_brought(brought, 4095, out, 1).value());
    EXPECT_EQ(std::memcmp(out.data(), reinterpret_cast<const char*>(dense.data()) + 4095, 2), 0);
  }
  double loads = 0;
  for (const auto& s : engine->metrics().snapshot()) {
    if (s.name == "ram_loads_total") loads = s.value;
  }
  EXPECT_EQ(loads, 3) << "blocks 0, 1 and 9, once each";
}

TEST_F(EngineTest, ABroughtReadKnowsWhatIsNotStoredOrCorrupt) {
  make({40, 1024}, {10, 1024}, {10, 1024});
  ASSERT_TRUE(store->remove("c/1/0").ok());
  store->plant("c/2/0", "short");
  stored->forget_indexes();
  const RegionReader whole(field, whole_region({40, 1024}));
  const std::vector<RegionReader::Range> ranges = {
      {&whole, 0, 8}, {&whole, 10 * 4096, 8}, {&whole, 20 * 4096, 8}};
  const Brought brought = RegionReader::bring(ranges);
  std::vector<uint32_t> out(2);
  const MutableBytes bytes = std::as_writable_bytes(std::span(out));
  EXPECT_TRUE(whole.read_brought(brought, 10 * 4096, bytes, 1).value());
  EXPECT_EQ(out, std::vector<uint32_t>(2, 77u));
  EXPECT_EQ(whole.read_brought(brought, 20 * 4096, bytes, 1).status().code(), Code::kCorrupt);
  EXPECT_TRUE(whole.read_brought(brought, 0, bytes, 1).value());
  EXPECT_EQ(out, (std::vector<uint32_t>{0, 1}));
}

TEST_F(EngineTest, UnwrittenChunksAreTheFillValue) {
  make({1000, 10}, {100, 10}, {200, 10}, nullptr, 1 << 20, false);
  EXPECT_EQ(read(region_of("5:950:7,::-1", {1000, 10})),
            std::vector<uint32_t>(static_cast<size_t>((950 - 5 + 6) / 7 * 10), 77u));
  EXPECT_EQ(field->tier_of_neuron(500), "fill") << "nothing was cached";
}

TEST_F(EngineTest, CompressedAndTransposedFields) {
  const char* zipped = R"([{"name":"transpose","configuration":{"order":[1,0]}},
                           {"name":"bytes","configuration":{"endian":"big"}},
                           {"name":"zstd","configuration":{"level":1,"checksum":true}}])";
  make({50, 40}, {16, 8}, {32, 16}, zipped);
  EXPECT_EQ(read(whole_region({50, 40})), dense);
  const char* raw = R"([{"name":"transpose","configuration":{"order":[1,0]}},
                        {"name":"bytes","configuration":{"endian":"big"}}])";
  make({50, 4000}, {50, 4000}, {50, 4000}, raw);
  EXPECT_EQ(read(whole_region({50, 4000})), dense);
}

// Stored as a type of another size, compressed and not, read whole and in parts.
TEST_F(EngineTest, ElementsStoredAsAnotherType) {
  const std::string wider = R"([{"name":"scale_offset","configuration":{"scale":3}},
                                {"name":"cast_value","configuration":{"data_type":"uint64"}},)";
  const std::string narrower = R"([{"name":"cast_value","configuration":
                                    {"data_type":"uint16","out_of_range":"clamp"}},)";
  for (const std::string& steps : {wider, narrower}) {
    for (const char* rest : {R"({"name":"bytes","configuration":{"endian":"big"}}])",
                             R"({"name":"transpose","configuration":{"order":[1,0]}},
             {"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}])"}) {
      for (const Dims& shard : {Dims{32, 1000}, Dims{64, 1000}}) {
        make({100, 600}, {32, 1000}, shard, (steps + rest).c_str());
        EXPECT_EQ(read(whole_region({100, 600})), dense);
        EXPECT_EQ(read(region_of("71", {100, 600})),
                  std::vector<uint32_t>(dense.begin() + 71 * 600, dense.begin() + 72 * 600));
      }
    }
  }
}

TEST_F(EngineTest, ANeuronOfAQuantisedFieldCostsItsOwnBytes) {
  const char* codecs = R"([{"name":"cast_value","configuration":{"data_type":"uint16",
                            "out_of_range":"clamp"}},
                           {"name":"bytes","configuration":{"endian":"little"}}])";
  make({32, 1024}, {32, 1024}, {32, 1024}, codecs);
  Metrics metrics;
  const auto counted = std::make_shared<MemoryStore>("", &metrics);
  for (const char* key : {"zarr.json", "c/0/0"}) {
    ASSERT_TRUE(counted->put(key, store->bytes(key)).ok());
  }
  field = engine->attach(open_stored_field(counted, "", {}).value()).value();
  Counter& transferred = metrics.counter("store_read_bytes_total", "");
  const uint64_t before = transferred.value();
  EXPECT_EQ(read(region_of("7", {32, 1024})),
            std::vector<uint32_t>(dense.begin() + 7 * 1024, dense.begin() + 8 * 1024));
  EXPECT_EQ(transferred.value() - before, 2048u);
}

TEST_F(EngineTest, AQuantisedElementThatCannotBeIsAnErrorOfItsBlockAlone) {
  const char* codecs = R"([{"name":"scale_offset","configuration":{"scale":2}},
                           {"name":"bytes","configuration":{"endian":"little"}}])";
  make({64, 1024}, {64, 1024}, {64, 1024}, codecs);
  ByteVector chunk = store->bytes("c/0/0");
  chunk[5 * 4096] = std::byte{1};  // an odd number in row 5, where every stored one is even
  ASSERT_TRUE(store->put("c/0/0", chunk).ok());
  const RegionReader reader(field, whole_region({64, 1024}));
  ByteVector row(4096);
  EXPECT_TRUE(reader.read(4 * 4096, row, 1).ok());
  const Status status = reader.read(5 * 4096, row, 1);
  EXPECT_EQ(status.code(), Code::kCorrupt) << status.to_string();
  EXPECT_NE(status.message().find("scale_offset"), std::string::npos) << status.to_string();
}

TEST_F(EngineTest, TheBudgetHoldsWhateverIsRead) {
  make({4096, 256}, {256, 256}, {1024, 256}, nullptr, 128 << 10);
  std::vector<std::thread> readers;
  for (int t = 0; t < 16; ++t) {
    readers.emplace_back([&] { EXPECT_EQ(read(whole_region({4096, 256})), dense); });
  }
  for (auto& r : readers) r.join();
  EXPECT_LE(engine->ram_peak(), 128u << 10);
}

TEST_F(EngineTest, PrefetchReadsAheadOfASequentialReader) {
  make({4096, 256}, {256, 256}, {1024, 256}, nullptr, 4 << 20, true, "stride");
  const RegionReader reader(field, whole_region({4096, 256}));
  ByteVector out(64 << 10);
  for (uint64_t at = 0; at < reader.size(); at += out.size()) {
    ASSERT_TRUE(reader.read(at, out, 1).ok());
    ASSERT_EQ(
        std::memcmp(out.data(), reinterpret_cast<const std::byte*>(dense.data()) + at, out.size()),
        0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  double used = 0;
  for (const auto& s : engine->metrics().snapshot()) {
    if (s.name == "prefetch_used_blocks_total") used = s.value;
  }
  EXPECT_GT(used, 100);
}

TEST_F(EngineTest, InvalidateShowsWhatWasWritten) {
  make({64, 16}, {64, 16}, {64, 16});
  EXPECT_EQ(read(whole_region({64, 16})), dense);
  const std::vector<uint32_t> other(64 * 16, 5);
  auto writer = std::move(FieldWriter::open(stored)).value();
  ASSERT_TRUE(writer->write(whole_region({64, 16}), std::as_bytes(std::span(other))).ok());
  field->invalidate();
  EXPECT_EQ(read(whole_region({64, 16})), other);
}

TEST_F(EngineTest, RankZeroAndEmptyAxes) {
  make({}, {}, {});
  EXPECT_EQ(read(whole_region({})), std::vector<uint32_t>{0});
  make({0, 5}, {4, 5}, {4, 5});
  EXPECT_TRUE(read(whole_region({0, 5})).empty());
}

TEST_F(EngineTest, TierOfANeuron) {
  make({100, 30}, {16, 30}, {32, 30});
  EXPECT_EQ(field->tier_of_neuron(3), "disk");
  read(neuron_region(field->spec(), 3));
  EXPECT_EQ(field->tier_of_neuron(3), "ram");
  engine->drop_cache();
  EXPECT_EQ(field->tier_of_neuron(3), "disk");
}

}  // namespace
}  // namespace neurofs
