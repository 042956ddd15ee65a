// Files read straight into memory of every kind of device that can; skipped, with the reason, by the others.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "tests/device/device_contract.h"

namespace neurofs::test {
namespace {

// A file of random bytes, without a name, open for reading; O_DIRECT where its file system takes it.
class StoredBytes {
 public:
  explicit StoredBytes(const std::vector<std::byte>& bytes) {
    std::string path = std::filesystem::temp_directory_path().string() + "/neurofs-direct-XXXXXX";
    const int writer = ::mkstemp(path.data());
    for (size_t done = 0; writer >= 0 && done < bytes.size();) {
      const ssize_t n = ::write(writer, bytes.data() + done, bytes.size() - done);
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    ::fsync(writer);
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
    if (fd_ < 0) fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    ::close(writer);
    ::unlink(path.c_str());
  }
  ~StoredBytes() {
    if (fd_ >= 0) ::close(fd_);
  }
  StoredBytes(const StoredBytes&) = delete;
  StoredBytes& operator=(const StoredBytes&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

#define NF_NEEDS_DIRECT(device)                              \
  do {                                                       \
    const auto nf_way = (device).direct_way();               \
    if (!nf_way.ok()) {                                      \
      EXPECT_EQ(nf_way.status().code(), Code::kUnsupported); \
      GTEST_SKIP() << nf_way.status().message();             \
    }                                                        \
    EXPECT_FALSE(nf_way->empty());                           \
  } while (false)

TEST_P(DeviceContract, ReadsAnyRangeOfAFile) {
  NF_NEEDS_DIRECT(*device_);
  const auto bytes = random_bytes(300'000);
  const StoredBytes stored(bytes);
  const auto file = device_->open_direct(stored.fd());
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  const DeviceMemory memory = allocate(bytes.size());
  struct Range {
    uint64_t to, offset, size;
  };
  for (const Range r : {Range{0, 0, 300'000}, Range{0, 4096, 8192}, Range{256, 1, 1},
                        Range{17, 4097, 100'001}, Range{0, 299'999, 1}, Range{5, 123, 0}}) {
    auto expected = random_bytes(bytes.size());
    ASSERT_TRUE(stream_->copy_to_device(memory.address(), expected.data(), expected.size()).ok());
    ASSERT_TRUE(stream_->wait().ok());
    const Status read = (*file)->read(memory.address() + r.to, r.offset, r.size);
    ASSERT_TRUE(read.ok()) << read.to_string();
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(r.offset), r.size,
                expected.begin() + static_cast<std::ptrdiff_t>(r.to));
    EXPECT_EQ(download(memory), expected) << r.offset << "+" << r.size << " to " << r.to;
  }
}

TEST_P(DeviceContract, AFileThatEndsEarlyIsCorrupt) {
  NF_NEEDS_DIRECT(*device_);
  const auto bytes = random_bytes(10'000);
  const StoredBytes stored(bytes);
  const auto file = device_->open_direct(stored.fd());
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  const DeviceMemory memory = allocate(20'000);
  EXPECT_EQ((*file)->read(memory.address(), 0, 10'001).code(), Code::kCorrupt);
  EXPECT_EQ((*file)->read(memory.address(), 50'000, 1).code(), Code::kCorrupt);
  EXPECT_FALSE(device_->is_lost());
  EXPECT_TRUE((*file)->read(memory.address(), 0, 10'000).ok());
}

TEST_P(DeviceContract, WhatWasReadIsThereForTheNextKernel) {
  NF_NEEDS_DIRECT(*device_);
  const auto bytes = random_bytes(64 << 10);
  const StoredBytes stored(bytes);
  const auto file = device_->open_direct(stored.fd());
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  const DeviceMemory from = allocate(bytes.size());
  const DeviceMemory to = allocate(bytes.size());
  ASSERT_TRUE((*file)->read(from.address(), 0, bytes.size()).ok());
  DecodeBlock block;
  block.from = from.address();
  block.to = to.address();
  block.item = 8;
  block.elements = bytes.size() / block.item;
  block.unshuffle = true;
  block.swap_unit = 4;
  ASSERT_TRUE(stream_->decode(block).ok());
  const auto decoded = download(to);
  for (size_t e = 0; e < block.elements; ++e) {
    for (size_t b = 0; b < block.item; ++b) {
      const size_t plane = b / 4 * 4 + 3 - b % 4;
      ASSERT_EQ(decoded[e * block.item + b], bytes[plane * block.elements + e]) << e << ", " << b;
    }
  }
}

TEST_P(DeviceContract, ManyThreadsReadOneFile) {
  NF_NEEDS_DIRECT(*device_);
  constexpr size_t kPart = 40'000;
  const auto bytes = random_bytes(16 * kPart);
  const StoredBytes stored(bytes);
  // Twice open, as for two readers.
  const auto first = device_->open_direct(stored.fd());
  auto second = device_->open_direct(stored.fd());
  ASSERT_TRUE(first.ok()) << first.status().to_string();
  ASSERT_TRUE(second.ok()) << second.status().to_string();
  second->reset();
  const DeviceMemory memory = allocate(bytes.size());
  std::atomic<size_t> next{0};
  std::atomic<int> failed{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (size_t i = next++; i < 16; i = next++) {
        if (!(*first)->read(memory.address() + i * kPart, i * kPart, kPart).ok()) ++failed;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(download(memory), bytes);
}

TEST_P(DeviceContract, ADirectFileKeepsItsDevice) {
  NF_NEEDS_DIRECT(*device_);
  const auto bytes = random_bytes(5000);
  const StoredBytes stored(bytes);
  const auto file = device_->open_direct(stored.fd());
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  const DeviceMemory memory = allocate(bytes.size());
  device_.reset();
  EXPECT_TRUE((*file)->read(memory.address(), 0, bytes.size()).ok());
  EXPECT_EQ(download(memory), bytes);
}

TEST_P(DeviceContract, RefusesWhatIsNoFile) {
  NF_NEEDS_DIRECT(*device_);
  EXPECT_EQ(device_->open_direct(-1).status().code(), Code::kUnsupported);
}

}  // namespace
}  // namespace neurofs::test
