// Reads through a lens: every way of reading gives what the lens gives when it is applied to all at once.
#include <algorithm>

#include "core/engine/tiered_memory.h"
#include "core/lens/lens.h"
#include "tests/engine/engine_fixture.h"

namespace neurofs {
namespace {

constexpr const char* kHalves = "scale=0.5";  // uint32 to float64

class LensReadTest : public EngineFixture {
 protected:
  Lens lens(const char* name = kHalves) {
    return Lens::parse(name, DataType::kUint32, nlohmann::json::object()).value();
  }
  // The whole field through the lens.
  ByteVector transformed(const Lens& through) const {
    ByteVector all(dense.size() * item_size(through.result()));
    through.apply(all.data(), std::as_bytes(std::span(dense)).data(), dense.size());
    return all;
  }
  void expect_every_range(const RegionReader& reader, const ByteVector& all) {
    ASSERT_EQ(reader.size(), all.size());
    for (uint64_t begin = 0; begin <= all.size(); begin += 5) {
      for (uint64_t length = 0; begin + length <= all.size(); length += 11) {
        const Bytes want = Bytes(all).subspan(begin, length);
        ByteVector out(length);
        ASSERT_TRUE(reader.read(begin, out, 1).ok());
        ASSERT_TRUE(std::ranges::equal(out, want)) << begin << "+" << length;
        const auto pins = reader.read_pinned(begin, length, 1);
        ASSERT_TRUE(pins.ok());
        ByteVector joined;
        for (const Bytes span : pins->spans())
          joined.insert(joined.end(), span.begin(), span.end());
        ASSERT_TRUE(std::ranges::equal(joined, want)) << begin << "+" << length;
      }
    }
  }
};

TEST_F(LensReadTest, EveryByteRange) {
  make({9, 5}, {4, 5}, {4, 5});
  for (const char* name : {kHalves, "u8", "f16", "c128", "relu"}) {
    const RegionReader reader(field, whole_region({9, 5}), lens(name));
    expect_every_range(reader, transformed(lens(name)));
  }
}

TEST_F(LensReadTest, FillValuesAndCompressedChunks) {
  make({9, 5}, {4, 5}, {4, 5}, nullptr, 1 << 20, false);
  expect_every_range(RegionReader(field, whole_region({9, 5}), lens()), transformed(lens()));
  make({9, 5}, {4, 5}, {8, 5}, R"([{"name": "bytes", "configuration": {"endian": "big"}},
                                   {"name": "gzip", "configuration": {"level": 1}}])");
  expect_every_range(RegionReader(field, whole_region({9, 5}), lens()), transformed(lens()));
}

TEST_F(LensReadTest, StepsAndTransposedAxes) {
  make({20, 7, 9}, {6, 4, 5}, {12, 8, 10}, R"([{"name": "transpose",
      "configuration": {"order": [2, 0, 1]}}, {"name": "bytes", "configuration":
      {"endian": "little"}}])");
  const Region region = parse_region("17:2:-4,::3,-2::-2", {20, 7, 9}).value();
  const RegionReader plain(field, region);
  ByteVector bytes(plain.size());
  ASSERT_TRUE(plain.read(0, bytes, 1).ok());
  ByteVector want(bytes.size() * 2);
  lens().apply(want.data(), bytes.data(), bytes.size() / 4);
  expect_every_range(RegionReader(field, region, lens()), want);
}

TEST_F(LensReadTest, TryReadAndBring) {
  make({64, 256}, {8, 256}, {16, 256});
  const Region whole = whole_region({64, 256});
  const ByteVector want = transformed(lens());
  const RegionReader reader(field, whole, lens());
  const RegionReader plain(field, whole);
  ByteVector out(1000);
  const auto cold = reader.try_read(70'001, out, 1);
  ASSERT_TRUE(cold.ok());
  EXPECT_FALSE(*cold);
  {
    // Readers of one field are brought together, whatever lens each has.
    const std::vector<RegionReader::Range> ranges = {{&reader, 70'001, 1000}, {&plain, 4096, 100}};
    EXPECT_TRUE(reader.same_field(plain));
    const Brought brought = RegionReader::bring(ranges);
    const auto served = reader.read_brought(brought, 70'001, out, 1);
    ASSERT_TRUE(served.ok());
    EXPECT_TRUE(*served);
    EXPECT_TRUE(std::ranges::equal(out, Bytes(want).subspan(70'001, 1000)));
  }
  std::fill(out.begin(), out.end(), std::byte{0});
  const auto warm = reader.try_read(70'001, out, 1);
  ASSERT_TRUE(warm.ok());
  EXPECT_TRUE(*warm);
  EXPECT_TRUE(std::ranges::equal(out, Bytes(want).subspan(70'001, 1000)));
}

TEST_F(LensReadTest, NothingTransformedIsCached) {
  make({64, 1024}, {64, 1024}, {64, 1024});
  const RegionReader reader(field, whole_region({64, 1024}), lens());
  ByteVector out(reader.size());
  ASSERT_TRUE(reader.read(0, out, 1).ok());
  EXPECT_LE(engine->ram_peak(), uint64_t{1} << 20);
  EXPECT_EQ(read(whole_region({64, 1024})), dense);
}

TEST_F(LensReadTest, TieredMemory) {
  // Neurons whole in a block, spread over chunks, and never written.
  for (const auto& [features_chunk, write] : {std::pair{6, true}, {4, true}, {6, false}}) {
    make({40, 6}, {8, features_chunk}, {8, features_chunk}, nullptr, 1 << 20, write);
    const TieredMemory memory(field);
    const auto halves = memory.with_lens(kHalves);
    ASSERT_TRUE(halves.ok()) << halves.status().to_string();
    EXPECT_EQ(halves->dtype(), DataType::kFloat64);
    EXPECT_EQ(halves->neuron_size(), 6u * 8);
    EXPECT_EQ(memory.neuron_size(), 6u * 4);
    const auto value = [&](Index neuron, size_t f) {
      return dense[static_cast<size_t>(neuron) * 6 + f] / 2.0;
    };
    const auto one = halves->get(33);
    ASSERT_TRUE(one.ok());
    EXPECT_EQ(one->as<double>()[5], value(33, 5));
    std::vector<Index> neurons = {39, 0, 33, 0};
    std::vector<double> rows(4 * 6);
    ASSERT_TRUE(halves->batch_get(neurons, std::as_writable_bytes(std::span(rows))).ok());
    for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i], value(neurons[i / 6], i % 6)) << i;
    std::vector<double> region(2);
    ASSERT_TRUE(halves
                    ->batch_get(parse_region("7,1:3", {40, 6}).value(),
                                std::as_writable_bytes(std::span(region)))
                    .ok());
    EXPECT_EQ(region[1], value(7, 2));
    LazyActivation later = halves->lazy(12);
    const auto bytes = later.value();
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(bytes->size(), 6u * 8);
    const auto back = halves->with_lens("u32");
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->get(4)->as<uint32_t>()[3], dense[27] / 2);
    EXPECT_EQ(memory.get(33)->as<uint32_t>()[5], dense[203]);
  }
}

TEST_F(LensReadTest, ANameThatIsNoLensSaysWhy) {
  make({4, 5}, {4, 5}, {4, 5});
  const auto bad = TieredMemory(field).with_lens("rellu");
  EXPECT_EQ(bad.status().code(), Code::kNotFound);
  EXPECT_NE(bad.status().message().find("rellu"), std::string::npos);
}

}  // namespace
}  // namespace neurofs
