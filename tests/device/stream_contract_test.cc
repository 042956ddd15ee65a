// Memory, copies, streams and events of every kind of device.
#include <array>
#include <atomic>
#include <thread>

#include "tests/device/device_contract.h"

namespace neurofs::test {
namespace {

TEST_P(DeviceContract, SaysWhatItIs) {
  EXPECT_FALSE(device_->info().name.empty());
  EXPECT_FALSE(device_->info().capability.empty());
  EXPECT_GT(device_->info().total_bytes, 0u);
  const auto free = device_->free_bytes();
  ASSERT_TRUE(free.ok());
  EXPECT_LE(*free, device_->info().total_bytes);
  EXPECT_FALSE(device_->is_lost());
}

TEST_P(DeviceContract, RefusesADeviceThatIsNotThere) {
  const auto* kind = DeviceRegistry::instance().find(GetParam());
  EXPECT_FALSE(kind->factory.open(1000).ok());
  EXPECT_FALSE(kind->factory.open(-1).ok());
}

TEST_P(DeviceContract, AlignsMemory) {
  std::vector<DeviceMemory> held;
  for (const uint64_t size : {1, 3, 255, 257, 4096, 70000}) {
    held.push_back(allocate(size));
    EXPECT_EQ(held.back().address() % 256, 0u) << size;
    EXPECT_EQ(held.back().size(), size);
  }
}

TEST_P(DeviceContract, RefusesNoBytesAtAll) {
  EXPECT_EQ(device_->allocate(0).status().code(), Code::kInvalidArgument);
}

TEST_P(DeviceContract, MovesMemoryWithoutFreeingIt) {
  const auto bytes = random_bytes(1000);
  DeviceMemory first = upload(bytes);
  DeviceMemory second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): a moved-from memory is empty
  first = std::move(second);
  EXPECT_EQ(download(first), bytes);
}

TEST_P(DeviceContract, FullMemoryLeavesItUsable) {
  const auto refused = device_->allocate(device_->info().total_bytes + (uint64_t{1} << 40));
  EXPECT_EQ(refused.status().code(), Code::kNoMemory);
  EXPECT_FALSE(device_->is_lost());
  const auto bytes = random_bytes(100);
  EXPECT_EQ(download(upload(bytes)), bytes);
}

TEST_P(DeviceContract, FreedMemoryIsGivenAgain) {
  const uint64_t size = device_->info().total_bytes / 4 * 3;
  for (int i = 0; i < 4; ++i) {
    const auto memory = device_->allocate(size);
    if (memory.status().code() == Code::kNoMemory) GTEST_SKIP() << "others use this GPU";
    ASSERT_TRUE(memory.ok()) << memory.status().to_string();
  }
}

TEST_P(DeviceContract, CopiesBothWaysAndWithin) {
  for (const size_t size : {size_t{1}, size_t{7}, size_t{4096}, size_t{1} << 20}) {
    const auto bytes = random_bytes(size);
    const DeviceMemory from = upload(bytes);
    const DeviceMemory to = allocate(size);
    ASSERT_TRUE(stream_->copy_within(to.address(), from.address(), size).ok());
    EXPECT_EQ(download(to), bytes);
  }
}

TEST_P(DeviceContract, CopiesAPartToAPart) {
  auto bytes = random_bytes(5000);
  const DeviceMemory memory = upload(bytes);
  const auto part = random_bytes(333);
  ASSERT_TRUE(stream_->copy_to_device(memory.address() + 1001, part.data(), part.size()).ok());
  std::vector<std::byte> back(100);
  ASSERT_TRUE(stream_->copy_to_host(back.data(), memory.address() + 1100, back.size()).ok());
  ASSERT_TRUE(stream_->wait().ok());
  EXPECT_TRUE(std::equal(back.begin(), back.end(), part.begin() + 99));
  std::copy(part.begin(), part.end(), bytes.begin() + 1001);
  EXPECT_EQ(download(memory), bytes);
}

TEST_P(DeviceContract, CopiesOfNoBytesAreDone) {
  const DeviceMemory memory = allocate(10);
  EXPECT_TRUE(stream_->copy_to_device(memory.address(), nullptr, 0).ok());
  EXPECT_TRUE(stream_->copy_to_host(nullptr, memory.address(), 0).ok());
  EXPECT_TRUE(stream_->copy_within(memory.address(), memory.address(), 0).ok());
  EXPECT_TRUE(stream_->wait().ok());
}

TEST_P(DeviceContract, AStreamKeepsOrder) {
  const DeviceMemory memory = allocate(1 << 16);
  std::vector<std::vector<std::byte>> versions(40);
  for (auto& version : versions) {
    version = random_bytes(1 << 16);
    ASSERT_TRUE(stream_->copy_to_device(memory.address(), version.data(), version.size()).ok());
  }
  EXPECT_EQ(download(memory), versions.back());
}

TEST_P(DeviceContract, EventsSayWhenTheirPlaceIsPassed) {
  const auto bytes = random_bytes(1 << 20);
  const DeviceMemory memory = allocate(bytes.size());
  const auto reached = event();
  EXPECT_TRUE(*reached->done());  // never recorded
  EXPECT_TRUE(reached->wait().ok());
  std::vector<std::byte> back(bytes.size());
  ASSERT_TRUE(stream_->copy_to_device(memory.address(), bytes.data(), bytes.size()).ok());
  ASSERT_TRUE(stream_->copy_to_host(back.data(), memory.address(), back.size()).ok());
  ASSERT_TRUE(stream_->record(*reached).ok());
  ASSERT_TRUE(reached->wait().ok());
  EXPECT_TRUE(*reached->done());
  EXPECT_EQ(back, bytes);
  ASSERT_TRUE(stream_->record(*reached).ok());  // again, at a later place
  ASSERT_TRUE(reached->wait().ok());
}

TEST_P(DeviceContract, StreamsWaitForEachOther) {
  const auto other = stream();
  const auto written = event();
  const auto read = event();
  const DeviceMemory memory = allocate(1 << 18);
  std::vector<std::vector<std::byte>> sent, back;
  for (int i = 0; i < 20; ++i) {
    sent.push_back(random_bytes(memory.size()));
    back.emplace_back(memory.size());
  }
  for (size_t i = 0; i < sent.size(); ++i) {
    ASSERT_TRUE(stream_->wait_for(*read).ok());
    ASSERT_TRUE(stream_->copy_to_device(memory.address(), sent[i].data(), memory.size()).ok());
    ASSERT_TRUE(stream_->record(*written).ok());
    ASSERT_TRUE(other->wait_for(*written).ok());
    ASSERT_TRUE(other->copy_to_host(back[i].data(), memory.address(), memory.size()).ok());
    ASSERT_TRUE(other->record(*read).ok());
  }
  ASSERT_TRUE(other->wait().ok());
  EXPECT_EQ(back, sent);
}

TEST_P(DeviceContract, ThreadsUseTheirOwnStreams) {
  std::atomic<int> good{0};
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const auto own = stream();
      for (int round = 0; round < 10; ++round) {
        const std::vector<std::byte> sent(10000, static_cast<std::byte>(t * 16 + round));
        std::vector<std::byte> back(sent.size());
        const DeviceMemory memory = allocate(sent.size());
        const bool queued = own->copy_to_device(memory.address(), sent.data(), sent.size()).ok() &&
                            own->copy_to_host(back.data(), memory.address(), back.size()).ok();
        if (queued && own->wait().ok() && back == sent) ++good;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 40);
}

TEST_P(DeviceContract, MemoryAndStreamsKeepTheDevice) {
  const auto bytes = random_bytes(100);
  const DeviceMemory memory = upload(bytes);
  device_.reset();
  EXPECT_EQ(download(memory), bytes);
}

TEST_P(DeviceContract, PinsHostMemoryThatExists) {
  std::vector<std::byte> host(1 << 20);
  const auto bytes = random_bytes(host.size());
  const DeviceMemory memory = upload(bytes);
  ASSERT_TRUE(device_->pin_host(host.data(), host.size()).ok());
  EXPECT_FALSE(device_->pin_host(host.data(), host.size()).ok());  // once is enough
  ASSERT_TRUE(stream_->copy_to_host(host.data(), memory.address(), host.size()).ok());
  ASSERT_TRUE(stream_->wait().ok());
  EXPECT_EQ(host, bytes);
  device_->unpin_host(host.data());
  ASSERT_TRUE(device_->pin_host(host.data(), host.size()).ok());
  device_->unpin_host(host.data());
  EXPECT_FALSE(device_->is_lost());
}

// For the tests of kernel_contract_test.cc too.
INSTANTIATE_TEST_SUITE_P(Kind, DeviceContract, testing::Values(NEUROFS_DEVICE_KIND));

}  // namespace
}  // namespace neurofs::test
