// Reads of a field whose neurons stand in another order: every way of reading gives what a permuted array has.
#include <algorithm>

#include "core/engine/prefetch_range.h"
#include "core/engine/row_cursor.h"
#include "core/lens/lens.h"
#include "tests/engine/engine_fixture.h"
#include "tests/geometry/taken_order.h"
#include "tests/storage/fault_store.h"

namespace neurofs {
namespace {

class OrderReadTest : public EngineFixture {
 protected:
  std::shared_ptr<const NeuronOrder> order(const char* name, std::vector<Index> table = {}) {
    const OrderName parsed = parse_order_name(name).value();
    const Index neurons = field->spec().neuron_count();
    if (parsed.selection.empty()) return shuffled_order(parsed, neurons);
    return test::taken_order(parsed, std::move(table), neurons).value();
  }
  // The whole field in that order.
  std::vector<uint32_t> permuted(const NeuronOrder& by) const {
    const size_t row = field->spec().neuron_size() / 4;
    std::vector<uint32_t> all;
    for (Index p = 0; p < by.size(); ++p) {
      const auto begin = dense.begin() + by.at(p) * static_cast<Index>(row);
      all.insert(all.end(), begin, begin + static_cast<Index>(row));
    }
    return all;
  }
  RegionReader whole(const std::shared_ptr<const NeuronOrder>& by) {
    return {field, whole_region(ordered_shape(field->spec(), *by)), Lens(DataType::kUint32), by};
  }
  void expect_every_range(const RegionReader& reader, const std::vector<uint32_t>& want) {
    const Bytes all = std::as_bytes(std::span(want));
    ASSERT_EQ(reader.size(), all.size());
    for (uint64_t begin = 0; begin <= all.size(); begin += 7) {
      for (uint64_t length = 0; begin + length <= all.size(); length += 31) {
        ByteVector out(length);
        ASSERT_TRUE(reader.read(begin, out, 1).ok());
        ASSERT_TRUE(std::ranges::equal(out, all.subspan(begin, length))) << begin << "+" << length;
        const auto pins = reader.read_pinned(begin, length, 1);
        ASSERT_TRUE(pins.ok());
        ByteVector joined;
        for (const Bytes span : pins->spans())
          joined.insert(joined.end(), span.begin(), span.end());
        ASSERT_TRUE(std::ranges::equal(joined, out)) << begin << "+" << length;
        engine->drop_cache();
      }
    }
  }
};

TEST_F(OrderReadTest, EveryByteRange) {
  make({23, 5}, {4, 5}, {4, 5});
  for (const char* name : {"shuffle=1", "shuffle=1,block=4,buffer=2", "shuffle=1,rank=1,world=3"}) {
    const auto by = order(name);
    expect_every_range(whole(by), permuted(*by));
  }
  const auto by = order("take=some", {3, 3, 22, 0, 21, 3});
  expect_every_range(whole(by), permuted(*by));
}

TEST_F(OrderReadTest, SeveralNeuronAxesAndCutFeatures) {
  make({5, 4, 6}, {2, 3, 4}, {4, 3, 4}, R"([{"name": "transpose",
      "configuration": {"order": [2, 0, 1]}}, {"name": "bytes", "configuration":
      {"endian": "little"}}])");
  const auto by = order("shuffle=3");
  EXPECT_EQ(ordered_shape(field->spec(), *by), (Dims{5, 4, 6}));
  expect_every_range(whole(by), permuted(*by));
  const auto share = order("shuffle=3,rank=0,world=3");
  EXPECT_EQ(ordered_shape(field->spec(), *share), (Dims{6, 6}));
  expect_every_range(whole(share), permuted(*share));
}

TEST_F(OrderReadTest, ARegionOfAnOrderIsASliceOfThePermutedArray) {
  make({5, 4, 6}, {2, 3, 6}, {4, 3, 6});
  const auto by = order("shuffle=3");
  const auto all = permuted(*by);
  const Region region = parse_region("3:0:-2,1:3,::2", {5, 4, 6}).value();
  std::vector<uint32_t> want;
  for (const size_t i : {3u, 1u}) {
    for (const size_t j : {1u, 2u}) {
      for (const size_t k : {0u, 2u, 4u}) want.push_back(all[(i * 4 + j) * 6 + k]);
    }
  }
  expect_every_range({field, region, Lens(DataType::kUint32), by}, want);
  const Region one = parse_region("4,:,5", {5, 4, 6}).value();
  want.clear();
  for (size_t j = 0; j < 4; ++j) want.push_back(all[(16 + j) * 6 + 5]);
  expect_every_range({field, one, Lens(DataType::kUint32), by}, want);
}

TEST_F(OrderReadTest, ScalarNeuronsAndNone) {
  make({100}, {16}, {32});
  const auto by = order("shuffle=3");
  expect_every_range(whole(by), dense.empty() ? dense : permuted(*by));
  const auto none = order("take=none", {});
  EXPECT_EQ(whole(none).size(), 0u);
  EXPECT_TRUE(whole(none).read(0, {}, 1).ok());
}

TEST_F(OrderReadTest, MissingChunksAreTheFillValueThroughALens) {
  make({23, 5}, {4, 5}, {4, 5}, nullptr, 1 << 20, false);
  const auto by = order("shuffle=1");
  const Lens lens = Lens::parse("scale=2,u16", DataType::kUint32, nlohmann::json::object()).value();
  const RegionReader reader(field, whole_region({23, 5}), lens, by);
  std::vector<uint16_t> out(23 * 5);
  ASSERT_TRUE(reader.read(0, std::as_writable_bytes(std::span(out)), 1).ok());
  EXPECT_EQ(out, std::vector<uint16_t>(23 * 5, 154));
}

TEST_F(OrderReadTest, ARequestIsOneBatch) {
  // Rows of 4 KiB, each a block; the request begins and ends inside a row.
  make({600, 1024}, {50, 1024}, {200, 1024}, nullptr, uint64_t{16} << 20);
  const auto counted = std::make_shared<test::FaultStore>(store);
  field = engine->attach(open_stored_field(counted, "", {}).value()).value();
  const auto by = order("shuffle=9");
  const RegionReader reader = whole(by);
  const auto want = permuted(*by);
  ByteVector all(reader.size());
  ASSERT_TRUE(reader.read(0, all, 1).ok());  // the shards' indexes are known now
  engine->drop_cache();
  const uint64_t before = counted->batches();
  ByteVector out(uint64_t{1} << 20);
  ASSERT_TRUE(reader.read(400, out, 1).ok());
  EXPECT_EQ(counted->batches(), before + 1);
  EXPECT_TRUE(std::ranges::equal(out, std::as_bytes(std::span(want)).subspan(400, out.size())));
}

TEST_F(OrderReadTest, BringTryReadAndPrefetch) {
  make({600, 1024}, {50, 1024}, {200, 1024}, nullptr, uint64_t{16} << 20);
  const auto by = order("shuffle=9");
  const RegionReader reader = whole(by);
  const auto permutation = permuted(*by);
  const Bytes want = std::as_bytes(std::span(permutation));
  ByteVector out(100'000);
  EXPECT_FALSE(reader.try_read(12'345, out, 1).value());
  {
    const RegionReader::Range ranges[] = {{&reader, 12'345, 100'000}};
    const Brought brought = RegionReader::bring(ranges);
    ASSERT_TRUE(reader.read_brought(brought, 12'345, out, 1).value());
    EXPECT_TRUE(std::ranges::equal(out, want.subspan(12'345, out.size())));
  }
  ASSERT_TRUE(reader.try_read(12'345, out, 1).value());
  EXPECT_FALSE(reader.try_read(900'000, out, 1).value());
  ASSERT_TRUE(prefetch_range(reader, {900'000, 100'000}, PrefetchTo::kRam).ok());
  ASSERT_TRUE(reader.try_read(900'000, out, 1).value());
  EXPECT_TRUE(std::ranges::equal(out, want.subspan(900'000, out.size())));
}

}  // namespace
}  // namespace neurofs
