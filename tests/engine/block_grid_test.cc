#include "core/engine/block_grid.h"

#include <gtest/gtest.h>

#include "core/base/checked.h"
#include "core/engine/field_writer.h"
#include "core/field/stored_field.h"
#include "core/storage/memory_store.h"

namespace neurofs {
namespace {

FieldSpec spec_of(
    const Dims& shape, const Dims& chunks, DataType type,
    const char* codecs = R"([{"name":"bytes","configuration":{"endian":"little"}}])") {
  MemoryStore store;
  CreateOptions options;
  options.shape = shape;
  options.dtype = type;
  options.chunk_shape = chunks;
  options.shard_shape = chunks;
  options.codecs = nlohmann::json::parse(codecs);
  auto shared = std::make_shared<MemoryStore>();
  EXPECT_TRUE(create_field(*shared, "", options).ok());
  return open_stored_field(shared, "", {}).value()->spec();
}

TEST(BlockGrid, OneKilobyteNeuronsShareAPage) {
  const auto grid = BlockGrid::make(spec_of({1000, 256}, {1000, 256}, DataType::kFloat32)).value();
  EXPECT_EQ(grid.block_shape(), (Dims{4, 256}));
  EXPECT_EQ(grid.block_size(), 4096u);
  EXPECT_EQ(grid.blocks_per_chunk(), 250u);
  EXPECT_EQ(grid.part_of_chunk(3), (ByteRange{3 * 4096, 4096}));
}

TEST(BlockGrid, RowsThatCrossSectorsStillCostOnePage) {
  const auto grid = BlockGrid::make(spec_of({1000, 250}, {1000, 250}, DataType::kFloat32)).value();
  EXPECT_EQ(grid.block_shape(), (Dims{3, 250})) << "3000 bytes and a sector at either end";
}

TEST(BlockGrid, ALargeRowIsOneBlockAndAHugeOneIsCut) {
  const auto row = BlockGrid::make(spec_of({64, 4096}, {64, 4096}, DataType::kFloat32)).value();
  EXPECT_EQ(row.block_shape(), (Dims{1, 4096}));
  const auto huge =
      BlockGrid::make(spec_of({4, 100'000}, {4, 100'000}, DataType::kFloat32)).value();
  EXPECT_EQ(huge.block_shape(), (Dims{1, 16384}));
  EXPECT_EQ(huge.blocks_per_chunk(), 4u * 7);
  EXPECT_EQ(huge.part_of_chunk(6), (ByteRange{6 * 65536, 400'000 - 6 * 65536}));
  EXPECT_EQ(huge.part_of_chunk(7), (ByteRange{400'000, 65536}));
}

TEST(BlockGrid, ACompressedChunkIsOneBlock) {
  const auto grid =
      BlockGrid::make(spec_of({1000, 256}, {100, 256}, DataType::kFloat32,
                              R"([{"name":"bytes","configuration":{"endian":"little"}},
                                  {"name":"gzip","configuration":{"level":1}}])"))
          .value();
  EXPECT_EQ(grid.blocks_per_chunk(), 1u);
  EXPECT_EQ(grid.block_size(), 100u * 256 * 4);
}

TEST(BlockGrid, PartsOfAChunkAreItsBytesInOrder) {
  for (const Dims& chunk : {Dims{7, 5, 300}, Dims{3, 1, 9}, Dims{2, 70'001}, Dims{1}, Dims{5000}}) {
    const auto grid = BlockGrid::make(spec_of(chunk, chunk, DataType::kUint16)).value();
    uint64_t expected = 0;
    for (uint64_t b = 0; b < grid.blocks_per_chunk(); ++b) {
      EXPECT_EQ(grid.part_of_chunk(b).offset, expected);
      EXPECT_LE(grid.part_of_chunk(b).length, grid.block_size());
      expected = grid.part_of_chunk(b).end();
    }
    EXPECT_EQ(expected, static_cast<uint64_t>(element_count(chunk).value()) * 2);
  }
}

TEST(BlockGrid, APetabyteHasItsNumbers) {
  const auto grid =
      BlockGrid::make(spec_of({86'000'000'000, 1000}, {256, 1000}, DataType::kFloat32)).value();
  EXPECT_EQ(grid.block_count(), (86'000'000'000u + 255) / 256 * 256);
  const auto at = grid.place(0, 85'999'999'999);
  EXPECT_EQ(at.block_share, 85'999'999'999u);
}

// Along the last axis index numbers go on across chunks, and so they do along every other by its weight.
TEST(BlockGrid, IndexSpaceIsCOrderOverTheBlocksOfTheArray) {
  struct Case {
    Dims shape;
    Dims chunk;
    bool same;  // as the order on disk
  };
  for (const Case& c :
       {Case{{10'000, 1024}, {256, 1024}, true}, Case{{700, 64, 90}, {64, 64, 64}, false},
        Case{{5, 70'001}, {2, 70'001}, true}, Case{{9, 7, 1300}, {4, 3, 1300}, false},
        Case{{3}, {1}, true}, Case{{0, 8}, {4, 8}, true}}) {
    const auto grid = BlockGrid::make(spec_of(c.shape, c.chunk, DataType::kUint16)).value();
    EXPECT_EQ(grid.in_index_order(), c.same);
    uint64_t count = 1;
    for (const Index cells : grid.index_grid()) count *= static_cast<uint64_t>(cells);
    ASSERT_EQ(count, grid.block_count());
    for (uint64_t index = 0; index < count; index += 1 + count / 5000) {
      ASSERT_EQ(grid.to_index(grid.from_index(index)), index);
    }
    if (c.shape.front() == 0) continue;
    // The block of an element, by its place along each axis.
    for (Index n = 0; n < 200; ++n) {
      uint64_t block = 0;
      uint64_t index = 0;
      for (size_t axis = 0; axis < c.shape.size(); ++axis) {
        const Index x = n * 7919 % c.shape[axis];
        block += grid.place(axis, x).block_share;
        const Index subs = ceil_div(c.chunk[axis], grid.block_shape()[axis]);
        const Index at = x / c.chunk[axis] * subs + x % c.chunk[axis] / grid.block_shape()[axis];
        index = index * static_cast<uint64_t>(grid.index_grid()[axis]) + static_cast<uint64_t>(at);
      }
      ASSERT_EQ(grid.to_index(block), index);
    }
  }
}

}  // namespace
}  // namespace neurofs
