// What the kernel is given ahead, with a kernel that writes down what it gets.
#include "fs/page_pusher.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "core/storage/memory_store.h"
#include "tests/fs/fs_testing.h"

namespace neurofs {
namespace {

constexpr size_t kRows = 400;
constexpr size_t kRowBytes = 4096;

class PagePusherTest : public testing::Test {
 protected:
  PagePusherTest() {
    store->plant("zarr.json", test::byte_rows(kRows, kRows));
    std::string rows(kRows * kRowBytes, '\0');
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<char>(i / kRowBytes % 251);
    store->plant("c/0/0", rows);
    fs = test::file_system_over(store);
    calls = {.store =
                 [this](NodeId file, Bytes bytes) {
                   const std::lock_guard lock(mutex);
                   if (!known) return false;
                   given[file.value()] = ByteVector(bytes.begin(), bytes.end());
                   if (on_store) on_store();
                   return true;
                 },
             .under_way = [this](NodeId file) { return file.value() == busy; },
             .changes = [this] { return changes.load(); },
             .changed =
                 [this](uint32_t field) {
                   EXPECT_EQ(field, 0u);
                   ++told;
                 }};
  }
  NodeId file(size_t row) {
    const NodeId neurons = fs->lookup(kRootId, "neurons")->id;
    return fs->lookup(neurons, std::to_string(row) + ".raw")->id;
  }
  // The program reads a file, unless the kernel has it.
  void read(PagePusher& pusher, size_t row) {
    const NodeId id = file(row);
    {
      const std::lock_guard lock(mutex);
      if (given.contains(id.value())) return;
    }
    ByteVector out(kRowBytes);
    ASSERT_TRUE(fs->read(id, 0, out, 1).ok());
    pusher.asked_for(id, 1);
    ASSERT_TRUE(pusher.wait(std::chrono::seconds(20)));
  }

  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
  std::unique_ptr<FileSystem> fs;
  PagePusher::Calls calls;
  std::mutex mutex;
  std::map<uint64_t, ByteVector> given;  // guarded by mutex
  std::function<void()> on_store;
  bool known = true;
  uint64_t busy = 0;
  std::atomic<uint64_t> changes = 0;
  std::atomic<int> told = 0;
};

TEST_F(PagePusherTest, GivesTheKernelTheFilesOfAWalkAsTheyAre) {
  PagePusher pusher(*fs, calls);
  for (size_t row = 0; row < 300; ++row) read(pusher, row);
  ASSERT_GE(given.size(), 120u);
  for (size_t row = 0; row < kRows; ++row) {
    const auto it = given.find(file(row).value());
    if (it == given.end()) continue;
    EXPECT_EQ(it->second, ByteVector(kRowBytes, static_cast<std::byte>(row % 251)));
  }
  EXPECT_EQ(told, 0);
}

// While a page is given, the program goes on: what it may come to next is left out.
TEST_F(PagePusherTest, LeavesTheRestToAProgramThatHasCaughtUp) {
  PagePusher pusher(*fs, calls);
  uint64_t first = 0;
  on_store = [&] {
    if (first != 0) return;
    first = given.begin()->first;
    pusher.asked_for(NodeId(first - 1), 1);  // the file before the batch
  };
  for (size_t row = 0; row < 8 && given.empty(); ++row) read(pusher, row);
  ASSERT_NE(first, 0u);
  for (uint64_t id = first + 1; id < first + 15; ++id) EXPECT_FALSE(given.contains(id));
}

TEST_F(PagePusherTest, GivesNoFileThatIsBeingRead) {
  busy = file(70).value();
  PagePusher pusher(*fs, calls);
  for (size_t row = 0; row < 200; ++row) read(pusher, row);
  EXPECT_GT(given.size(), 30u);
  EXPECT_FALSE(given.contains(busy));
}

TEST_F(PagePusherTest, SaysThatAFieldHasChangedWhichDidMeanwhile) {
  PagePusher pusher(*fs, calls);
  on_store = [this] { ++changes; };
  for (size_t row = 0; row < 100; ++row) read(pusher, row);
  EXPECT_GT(told, 0);
}

TEST_F(PagePusherTest, NothingIsGivenToAKernelThatKnowsNoFiles) {
  known = false;
  PagePusher pusher(*fs, calls);
  for (size_t row = 0; row < 200; ++row) read(pusher, row);
  double offered = 0;
  for (const auto& sample : fs->metrics().snapshot()) {
    if (sample.name == "fs_refused_pushes_total") offered = sample.value;
  }
  EXPECT_GT(offered, 0);
  EXPECT_LE(offered, 12);
}

TEST_F(PagePusherTest, NothingIsGivenAfterTheEnd) {
  PagePusher pusher(*fs, calls);
  pusher.stop();
  for (size_t row = 0; row < 100; ++row) read(pusher, row);
  EXPECT_TRUE(given.empty());
}

TEST_F(PagePusherTest, OtherFilesAreNoWalk) {
  PagePusher pusher(*fs, calls);
  for (int i = 0; i < 100; ++i) {
    pusher.asked_for(fs->lookup(kRootId, "field.raw")->id, 1);
    pusher.asked_for(kRootId, 1);
    pusher.asked_for(NodeId(UINT64_MAX >> 2), 1);
  }
  ASSERT_TRUE(pusher.wait(std::chrono::seconds(20)));
  EXPECT_TRUE(given.empty());
}

}  // namespace
}  // namespace neurofs
