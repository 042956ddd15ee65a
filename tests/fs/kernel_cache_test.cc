// What the kernel is asked to forget, with a kernel that writes down what it is asked.
#include "fs/kernel_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "core/storage/memory_store.h"
#include "tests/fs/fs_testing.h"

namespace neurofs {
namespace {

class KernelCacheTest : public testing::Test {
 protected:
  KernelCacheTest() {
    store->plant("zarr.json", test::byte_rows(4, 4));
    store->plant("c/0/0", std::string(4 * 4096, 'a'));
    fs = test::file_system_over(store);
    calls = {.take_back_name =
                 [this](NodeId, const std::string& name) {
                   const std::lock_guard lock(mutex);
                   names.push_back(name);
                 },
             .drop_pages =
                 [this](NodeId file) {
                   const std::lock_guard lock(mutex);
                   files.push_back(file);
                 },
             .under_way = [this](NodeId) -> std::optional<KernelCache::Clock::duration> {
               const std::lock_guard lock(mutex);
               return under_way;
             }};
  }
  size_t taken_back() {
    const std::lock_guard lock(mutex);
    return names.size();
  }
  template <typename Condition>
  static bool soon(const Condition& condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  std::string first_byte(uint64_t row) {
    ByteVector out(1);
    EXPECT_TRUE(fs->read(fs->lookup(kRootId, "field.raw")->id, row * 4096, out, 1).ok());
    return {static_cast<char>(out[0])};
  }

  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
  std::unique_ptr<FileSystem> fs;
  KernelCache::Calls calls;
  std::mutex mutex;
  std::vector<std::string> names;  // guarded by mutex
  std::vector<NodeId> files;       // guarded by mutex
  // Of each file's oldest read; guarded by mutex
  std::optional<KernelCache::Clock::duration> under_way;
};

TEST_F(KernelCacheTest, TakesBackTheOldestNames) {
  KernelCache cache(*fs, 50, calls);
  for (int i = 0; i < 80; ++i) cache.note(kRootId, std::to_string(i), FileType::kFile);
  EXPECT_TRUE(soon([&] { return taken_back() == 30; })) << taken_back();
  cache.stop();
  ASSERT_TRUE(cache.wait(std::chrono::seconds(10)));
  for (size_t i = 0; i < 30; ++i) EXPECT_EQ(names[i], std::to_string(i));
  cache.note(kRootId, "late", FileType::kFile);
  EXPECT_EQ(taken_back(), 30u) << "stopped";
}

TEST_F(KernelCacheTest, ANameThatIsLookedUpAgainIsKept) {
  KernelCache cache(*fs, 4, calls);
  for (int i = 0; i < 100; ++i) cache.note(kRootId, "polled", FileType::kFile);
  for (int i = 0; i < 6; ++i) {
    cache.note(kRootId, std::to_string(i), FileType::kFile);
    cache.note(kRootId, "polled", FileType::kFile);
  }
  EXPECT_TRUE(soon([&] { return taken_back() == 3; })) << taken_back();
  cache.stop();
  ASSERT_TRUE(cache.wait(std::chrono::seconds(10)));
  EXPECT_EQ(names, (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(KernelCacheTest, FilesDoNotPushOutDirectories) {
  KernelCache cache(*fs, 80, calls);
  cache.note(kRootId, "@relu", FileType::kDirectory);
  for (int i = 0; i < 200; ++i) cache.note(kRootId, std::to_string(i), FileType::kFile);
  EXPECT_TRUE(soon([&] { return taken_back() == 120; })) << taken_back();
  for (int i = 0; i < 10; ++i) cache.note(kRootId, "@" + std::to_string(i), FileType::kDirectory);
  EXPECT_TRUE(soon([&] { return taken_back() == 121; })) << taken_back();
  cache.stop();
  ASSERT_TRUE(cache.wait(std::chrono::seconds(10)));
  EXPECT_EQ(names.back(), "@relu");
}

TEST_F(KernelCacheTest, DropsAFieldWhoseDataHasChanged) {
  KernelCache cache(*fs, 50, calls);
  EXPECT_EQ(first_byte(0), "a");
  store->plant("c/0/0", std::string(4 * 4096, 'b'));
  cache.revalidate();
  EXPECT_TRUE(soon([&] { return taken_back() > 0; }));
  EXPECT_EQ(first_byte(0), "b");
  cache.stop();
  ASSERT_TRUE(cache.wait(std::chrono::seconds(10)));
  EXPECT_NE(std::find(names.begin(), names.end(), "neurons"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "regions"), names.end());
  const NodeId whole = fs->lookup(kRootId, "field.raw")->id;
  EXPECT_NE(std::find(files.begin(), files.end(), whole), files.end());
}

TEST_F(KernelCacheTest, R27PagesWaitForTheReadsThatAreUnderWay) {
  KernelCache cache(*fs, 50, calls);
  EXPECT_EQ(first_byte(0), "a");
  const auto set = [this](std::optional<KernelCache::Clock::duration> age) {
    const std::lock_guard lock(mutex);
    under_way = age;
  };
  const auto dropped = [this] {
    const std::lock_guard lock(mutex);
    return files.size();
  };
  const auto change = [&](char to) {
    store->plant("c/0/0", std::string(4 * 4096, to));
    cache.revalidate();
  };
  set(std::chrono::seconds(1));
  change('b');
  EXPECT_TRUE(soon([&] { return taken_back() > 0; })) << "names do not wait";
  EXPECT_FALSE(cache.wait(std::chrono::seconds(3)));
  EXPECT_EQ(dropped(), 0U) << "a read stalls";
  set(std::nullopt);
  EXPECT_TRUE(cache.wait(std::chrono::seconds(10)));
  const size_t all = dropped();
  EXPECT_GT(all, 0U);
  EXPECT_EQ(first_byte(0), "b");
  // Somebody reads all the time, and nothing stalls.
  set(std::chrono::milliseconds(1));
  change('c');
  EXPECT_TRUE(soon([&] { return dropped() == 2 * all; }));
  // Nothing is asked of a kernel that goes.
  EXPECT_EQ(first_byte(0), "c");
  set(std::chrono::seconds(1));
  change('d');
  EXPECT_FALSE(cache.wait(std::chrono::seconds(1)));
  cache.stop();
  EXPECT_TRUE(cache.wait(std::chrono::seconds(10)));
  EXPECT_EQ(dropped(), 2 * all);
}

TEST_F(KernelCacheTest, AChangeThatAReadFindsIsToldToo) {
  KernelCache cache(*fs, 50, calls);
  EXPECT_EQ(first_byte(0), "a");
  store->plant("c/0/0", std::string(4 * 4096, 'b'));
  EXPECT_EQ(first_byte(1), "b");
  EXPECT_EQ(first_byte(0), "b");
  EXPECT_TRUE(soon([&] { return taken_back() > 0; }));
}

TEST_F(KernelCacheTest, NothingIsDroppedWithoutAChange) {
  KernelCache cache(*fs, 50, calls);
  EXPECT_EQ(first_byte(0), "a");
  cache.revalidate();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(taken_back(), 0u);
}

}  // namespace
}  // namespace neurofs
