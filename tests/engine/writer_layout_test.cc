#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/engine/field_layout.h"
#include "core/engine/field_writer.h"
#include "core/storage/memory_store.h"

namespace neurofs {
namespace {

Index product(const Dims& dims) {
  return *element_count(dims);
}

TEST(FieldLayout, PetabyteFieldKeepsNeuronsWholeInAlignedChunks) {
  const auto layout =
      choose_layout({.shape = {86'000'000'000, 1000}, .neuron_axes = 1, .item_size = 4});
  ASSERT_TRUE(layout.ok()) << layout.status().to_string();
  EXPECT_EQ(layout->chunk_shape, (Dims{256, 1000}));
  EXPECT_EQ(layout->shard_shape, (Dims{256 * 1024, 1000}));
}

TEST(FieldLayout, TwoNeuronAxesGrowTogether) {
  const auto layout = choose_layout({.shape = {1'000'000, 1'000'000, 256}, .neuron_axes = 2});
  EXPECT_EQ(layout->chunk_shape, (Dims{64, 64, 256}));
  EXPECT_EQ(layout->shard_shape, (Dims{2048, 2048, 256}));
}

TEST(FieldLayout, IsNoLargerThanASmallField) {
  const auto small = choose_layout({.shape = {10, 3}, .neuron_axes = 1, .item_size = 4});
  EXPECT_EQ(small->chunk_shape, (Dims{10, 3}));
  EXPECT_EQ(small->shard_shape, (Dims{10, 3}));
  const auto empty = choose_layout({.shape = {0, 3}, .neuron_axes = 1, .item_size = 4});
  EXPECT_EQ(empty->chunk_shape, (Dims{1, 3}));
  EXPECT_EQ(choose_layout({})->chunk_shape, Dims{});
}

TEST(FieldLayout, CutsANeuronOfMoreThan16MiB) {
  const auto layout = choose_layout({.shape = {5, 4096, 8192}, .neuron_axes = 1, .item_size = 1});
  EXPECT_EQ(layout->chunk_shape, (Dims{1, 1024, 1024}));
}

TEST(FieldLayout, CompressedShardsAreSmall) {
  const auto layout = choose_layout(
      {.shape = {1 << 30, 1024}, .neuron_axes = 1, .item_size = 4, .compressed = true});
  EXPECT_EQ(product(layout->shard_shape) * 4, 64 << 20);
}

TEST(FieldLayout, AChunkDividesTheShardThatWasAskedFor) {
  const auto layout = choose_layout(
      {.shape = {100000, 1000}, .neuron_axes = 1, .item_size = 4, .shard_shape = {999, 500}});
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ(999 % layout->chunk_shape[0], 0);
  EXPECT_EQ(500 % layout->chunk_shape[1], 0);
}

TEST(FieldLayout, RefusesShapesThatDoNotFit) {
  const auto code = [](LayoutRequest request) { return choose_layout(request).status().code(); };
  EXPECT_EQ(code({.shape = {8, 8}, .chunk_shape = {8}}), Code::kInvalidArgument);
  EXPECT_EQ(code({.shape = {8}, .chunk_shape = {0}}), Code::kInvalidArgument);
  EXPECT_EQ(code({.shape = {8}, .chunk_shape = {3}, .shard_shape = {8}}), Code::kInvalidArgument);
  EXPECT_EQ(code({.shape = {INT64_MAX, 2}}), Code::kOverflow);
}

TEST(CreateField, WritesAFewKilobytesAndRefusesToOverwrite) {
  MemoryStore store;
  CreateOptions options;
  options.shape = {86'000'000'000, 1000};
  ASSERT_TRUE(create_field(store, "a/b", options).ok());
  EXPECT_EQ(store.object_count(), 1u);
  EXPECT_LT(store.bytes("a/b/zarr.json").size(), 4096u);
  EXPECT_EQ(create_field(store, "a/b", options).code(), Code::kExists);
  options.overwrite = true;
  EXPECT_TRUE(create_field(store, "a/b", options).ok());
}

TEST(CreateField, AcceptsEveryTypeWithTheDefaultFill) {
  for (int i = 0; i < kDataTypeCount; ++i) {
    CreateOptions options;
    options.shape = {3, 4};
    options.dtype = static_cast<DataType>(i);
    const auto document = make_zarr3_metadata(options);
    EXPECT_TRUE(document.ok()) << document.status().to_string();
  }
}

}  // namespace
}  // namespace neurofs
