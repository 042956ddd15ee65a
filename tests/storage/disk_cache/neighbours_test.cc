// Entries that were written together are read together, and each is still checked by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "core/storage/aligned_buffer.h"
#include "core/storage/disk_cache/disk_cache.h"
#include "tests/storage/temp_dir.h"

namespace neurofs {
namespace {

constexpr size_t kBlock = 4096;
constexpr size_t kBlocks = 300;

CacheKey key_of(uint64_t block) {
  const ObjectHash object = hash_object("s3://bucket/field", "c/0");
  return cache_key(object, {block * kBlock, kBlock}, hash_version(object, "v"));
}

class Neighbours : public ::testing::Test {
 protected:
  Neighbours() {
    std::mt19937_64 random(3);
    for (std::byte& byte : bytes_) byte = static_cast<std::byte>(random());
  }

  std::shared_ptr<DiskCache> open() {
    DiskCacheOptions options;
    options.directory = dir_.path();
    options.bytes = 32 << 20;
    options.keep_free_percent = 0;
    auto cache = DiskCache::open(options);
    EXPECT_TRUE(cache.ok()) << cache.status().to_string();
    return cache.ok() ? *cache : nullptr;
  }

  Bytes block(size_t i) const { return Bytes(bytes_).subspan(i * kBlock, kBlock); }

  void write_all(DiskCache& cache) {
    std::vector<CacheWrite> writes;
    for (size_t i = 0; i < kBlocks; ++i) writes.push_back({key_of(i), block(i)});
    cache.write(writes);
    cache.drain();
  }

  // Those that are missing; what is there must be right.
  std::vector<size_t> misses(DiskCache& cache, std::span<const size_t> blocks) {
    const auto memory = make_aligned_buffer(blocks.size() * kBlock);
    std::vector<CacheRead> reads;
    for (size_t i = 0; i < blocks.size(); ++i) {
      reads.push_back({key_of(blocks[i]), {memory.get() + i * kBlock, kBlock}, false});
    }
    cache.read(reads);
    std::vector<size_t> missing;
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (!reads[i].hit) {
        missing.push_back(blocks[i]);
        continue;
      }
      EXPECT_TRUE(std::ranges::equal(reads[i].dest, block(blocks[i]))) << "block " << blocks[i];
    }
    return missing;
  }

  // Flips a bit of a block where it lies on the disk.
  void spoil(size_t i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
      if (!entry.path().filename().string().starts_with("data-")) continue;
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      const std::string now((std::istreambuf_iterator<char>(file)), {});
      const Bytes wanted = block(i);
      const size_t at = now.find({reinterpret_cast<const char*>(wanted.data()), wanted.size()});
      ASSERT_NE(at, std::string::npos);
      file.clear();
      file.seekp(static_cast<std::streamoff>(at + 100));
      file.put(static_cast<char>(now[at + 100] ^ 1));
    }
  }

  const test::TempDir dir_;
  ByteVector bytes_ = ByteVector(kBlocks * kBlock);
};

std::vector<size_t> all_blocks() {
  std::vector<size_t> blocks(kBlocks);
  for (size_t i = 0; i < kBlocks; ++i) blocks[i] = i;
  return blocks;
}

TEST_F(Neighbours, AreRightInAnyOrder) {
  const auto cache = open();
  write_all(*cache);
  std::vector<size_t> blocks = all_blocks();
  EXPECT_TRUE(misses(*cache, blocks).empty());
  std::mt19937 random(1);
  for (int round = 0; round < 5; ++round) {
    std::ranges::shuffle(blocks, random);
    EXPECT_TRUE(misses(*cache, std::span(blocks).first(kBlocks / 2)).empty());
  }
  std::ranges::reverse(blocks);
  EXPECT_TRUE(misses(*cache, blocks).empty());
}

TEST_F(Neighbours, OneThatIsBadLeavesTheOthers) {
  {
    const auto cache = open();
    write_all(*cache);
  }
  spoil(137);
  const auto cache = open();
  EXPECT_EQ(misses(*cache, all_blocks()), std::vector<size_t>{137});
  write_all(*cache);
  EXPECT_TRUE(misses(*cache, all_blocks()).empty());
}

}  // namespace
}  // namespace neurofs
