// FileSystem without a kernel: what a look-up says and what a listing says are the same.
#include "fs/file_system.h"

#include <gtest/gtest.h>

#include "core/storage/memory_store.h"
#include "tests/fs/fs_testing.h"

namespace neurofs {
namespace {

constexpr std::string_view kMoreNeuronsThanIdBits = R"({
  "zarr_format": 3, "node_type": "array", "shape": [1125899906842624], "data_type": "uint8",
  "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1048576]}},
  "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": [{"name": "bytes"}]})";

std::unique_ptr<FileSystem> file_system(std::string_view zarr_json) {
  auto store = std::make_shared<MemoryStore>();
  store->plant("zarr.json", zarr_json);
  return test::file_system_over(store);
}

TEST(FileSystem, NeuronsPastTheBitsOfAnIdAreListedWithTheirInodes) {
  const auto fs = file_system(kMoreNeuronsThanIdBits);
  NodeId bucket = kRootId;
  for (const std::string_view name : {"neurons", "1", "125", "899", "906", "842"}) {
    const auto entry = fs->lookup(bucket, name);
    ASSERT_TRUE(entry.ok()) << name;
    bucket = entry->id;
  }
  std::vector<std::pair<std::string, uint64_t>> listed;
  const Status status =
      fs->readdir(bucket, 0, [&](std::string_view name, const Entry& entry, uint64_t) {
        listed.emplace_back(name, entry.attr.inode);
        return true;
      });
  ASSERT_TRUE(status.ok());
  ASSERT_EQ(listed.size(), 2u + 624);
  EXPECT_EQ(listed[0].second, fs->getattr(bucket)->inode);
  for (size_t i = 2; i < listed.size(); ++i) {
    const auto entry = fs->lookup(bucket, listed[i].first);
    ASSERT_TRUE(entry.ok()) << listed[i].first;
    EXPECT_NE(listed[i].second, 0u);
    EXPECT_EQ(listed[i].second, entry->attr.inode) << listed[i].first;
    fs->forget(entry->id, 1);
  }
}

}  // namespace
}  // namespace neurofs
