// The disk cache on file systems that are full, frozen, read-only or broken (these need root, and are skipped by name
// without it), and beside another process.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <random>
#include <thread>

#include "core/base/cancellation.h"
#include "core/storage/disk_cache/cache_admin.h"
#include "core/storage/disk_cache/disk_cache.h"
#include "core/storage/unique_fd.h"
#include "tests/storage/temp_dir.h"

namespace neurofs {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kLength = 64 << 10;

ByteVector content(uint64_t i) {
  std::mt19937_64 random(i);
  ByteVector bytes(kLength);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

CacheKey key_of(uint64_t i) {
  return cache_key({i, 1}, kWholeObject, 1);
}

void put(DiskCache& cache, uint64_t i) {
  cache.write(key_of(i), content(i));
}

bool get(DiskCache& cache, uint64_t i) {
  ByteVector bytes(kLength);
  CacheRead read{key_of(i), bytes, false};
  cache.read({&read, 1});
  EXPECT_TRUE(!read.hit || bytes == content(i));
  return read.hit;
}

bool eventually(const std::function<bool()>& done) {
  for (int n = 0; n < 1000; ++n) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// A file system of one test: ext4 in an image of `mib`, or a tmpfs with those options.
class SmallDisk {
 public:
  explicit SmallDisk(unsigned mib) {
    image_ = base_.path() + "/image";
    const std::string size = std::to_string(mib) + "M";
    made_ = prepare() && run("truncate -s " + size + " " + image_ + " && mkfs.ext4 -q -m 0 " +
                             image_ + " && mount -o loop " + image_ + " " + path_);
    own();
  }
  explicit SmallDisk(const char* tmpfs_options) {
    made_ = prepare() && ::mount("tmpfs", path_.c_str(), "tmpfs", 0, tmpfs_options) == 0;
    own();
  }
  ~SmallDisk() {
    thaw();
    if (made_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  explicit operator bool() const { return made_; }
  std::string cache() const { return path_ + "/cache"; }
  const std::string& path() const { return path_; }
  const std::string& image() const { return image_; }
  bool freeze() { return ::ioctl(root_.get(), FIFREEZE, 0) == 0; }
  void thaw() {
    if (root_) (void)::ioctl(root_.get(), FITHAW, 0);
  }
  static bool run(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
  }

 private:
  bool prepare() {
    path_ = base_.path() + "/disk";
    return ::geteuid() == 0 && std::filesystem::create_directory(path_);
  }
  void own() {
    if (made_) root_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  const test::TempDir base_;
  std::string path_;
  std::string image_;
  UniqueFd root_;
  bool made_ = false;
};

#define NEEDS(disk) \
  if (!(disk)) GTEST_SKIP() << "mounting a small file system needs root"

DiskCacheOptions options_on(const SmallDisk& disk) {
  DiskCacheOptions options;
  options.directory = disk.cache();
  options.bytes = 16 * kMiB;
  options.keep_free_percent = 0;
  options.retry_after = std::chrono::milliseconds(50);
  return options;
}

// The writer is stuck in the disk; reads go on, and what the queue cannot take is dropped.
TEST(DiskCacheFailure, AStuckWriteDelaysNoRead) {
  SmallDisk disk(64);
  NEEDS(disk);
  Metrics metrics;
  auto options = options_on(disk);
  options.queue_bytes = 2 * kMiB;
  options.metrics = &metrics;
  const auto cache = DiskCache::open(options).value();
  for (uint64_t i = 0; i < 16; ++i) put(*cache, i);
  cache->drain();
  ASSERT_TRUE(get(*cache, 3));
  if (!disk.freeze()) GTEST_SKIP() << "freezing a file system needs CAP_SYS_ADMIN";
  std::thread reader([&] {
    for (uint64_t i = 100; i < 1000; ++i) {
      put(*cache, i);
      EXPECT_TRUE(get(*cache, i % 16));
    }
  });
  reader.join();  // hangs, until ctest ends it, where a read waits for the writer
  EXPECT_GT(metrics.counter("nvme_dropped_total", "").value(), 500U);
  disk.thaw();
  cache->drain();
  put(*cache, 5000);
  cache->drain();
  EXPECT_TRUE(get(*cache, 5000));
  EXPECT_EQ(cache->state(), "");
}

// A prefetch ends with its scope, and a mount that ends is told that the writer cannot.
TEST(DiskCacheFailure, AStuckWriteHoldsUpNobodyWhoGivesUp) {
  SmallDisk disk(64);
  NEEDS(disk);
  const auto cache = DiskCache::open(options_on(disk)).value();
  put(*cache, 1);
  EXPECT_TRUE(cache->drain());
  if (!disk.freeze()) GTEST_SKIP() << "freezing a file system needs CAP_SYS_ADMIN";
  {
    const ReadScope scope(nullptr, ReadScope::Clock::now() + std::chrono::milliseconds(50));
    put(*cache, 2);
    EXPECT_FALSE(cache->drain());  // hangs, until ctest ends it, where it waits for the disk
  }
  EXPECT_FALSE(cache->end(std::chrono::milliseconds(50)));
  disk.thaw();
  EXPECT_TRUE(cache->end(std::chrono::minutes(1)));
  EXPECT_TRUE(cache->drain()) << "there is nothing left to wait for";
}

TEST(DiskCacheFailure, R35_ReadOnlyRemountTurnsItOffAndBackOn) {
  SmallDisk disk(64);
  NEEDS(disk);
  auto options = options_on(disk);
  auto cache = DiskCache::open(options).value();
  for (uint64_t i = 0; i < 16; ++i) put(*cache, i);
  cache->drain();
  cache.reset();  // the kernel remounts no file system that somebody writes to
  ASSERT_EQ(::mount(nullptr, disk.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const auto opened = DiskCache::open(options);
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  cache = *opened;
  EXPECT_NE(cache->state().find("ead-only"), std::string::npos) << cache->state();
  EXPECT_FALSE(get(*cache, 3));
  put(*cache, 3);
  cache->drain();
  ASSERT_EQ(::mount(nullptr, disk.path().c_str(), nullptr, MS_REMOUNT, nullptr), 0);
  EXPECT_TRUE(eventually([&] { return cache->state().empty(); }));
  EXPECT_TRUE(get(*cache, 3));
}

// What ext4 does to itself after an error of its disk: every write fails from then on, under a cache at work.
TEST(DiskCacheFailure, R35_TheKernelMakesItReadOnlyUnderIt) {
  SmallDisk disk(64);
  NEEDS(disk);
  auto options = options_on(disk);
  options.retry_after = std::chrono::hours(1);
  const auto cache = DiskCache::open(options).value();
  for (uint64_t i = 0; i < 16; ++i) put(*cache, i);
  cache->drain();
  ASSERT_TRUE(get(*cache, 3));
  if (!SmallDisk::run("mount -o remount,abort " + disk.path())) {
    GTEST_SKIP() << "ext4 was not to be aborted";
  }
  EXPECT_TRUE(eventually([&] {
    put(*cache, 20);
    cache->drain();
    return !cache->state().empty();
  }));
  EXPECT_FALSE(get(*cache, 3));
}

TEST(DiskCacheFailure, R35_NoInodesLeft) {
  SmallDisk disk(
      "nr_inodes=3,size=64m,mode=700");  // its root, the cache and its part: no lock, no data
  NEEDS(disk);
  const auto opened = DiskCache::open(options_on(disk));
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  const auto cache = *opened;
  EXPECT_NE(cache->state().find("No space left"), std::string::npos) << cache->state();
  put(*cache, 1);
  cache->drain();
  EXPECT_FALSE(get(*cache, 1));
  ASSERT_EQ(::mount(nullptr, disk.path().c_str(), nullptr, MS_REMOUNT, "nr_inodes=100"), 0);
  EXPECT_TRUE(eventually([&] {
    put(*cache, 1);
    cache->drain();
    return get(*cache, 1);
  }));
}

// Reads of a disk that ends early fail with EIO: each is a miss, and some of them turn the cache off.
TEST(DiskCacheFailure, R35_ReadErrorsAreMissesAndTurnItOff) {
  SmallDisk disk(64);
  NEEDS(disk);
  Metrics metrics;
  auto options = options_on(disk);
  options.retry_after = std::chrono::hours(1);
  options.metrics = &metrics;
  const auto cache = DiskCache::open(options).value();
  for (uint64_t i = 0; i < 128; ++i) put(*cache, i);
  cache->drain();
  ASSERT_EQ(::truncate(disk.image().c_str(), 4096), 0);
  size_t hits = 0;
  for (uint64_t i = 0; i < 128; ++i) hits += get(*cache, i);
  EXPECT_LT(hits, 128U);
  EXPECT_GT(metrics.counter("nvme_read_errors_total", "").value(), 8U);
  EXPECT_TRUE(eventually([&] { return !cache->state().empty(); }));
  EXPECT_FALSE(get(*cache, 3));
}

TEST(DiskCacheFailure, R35_LeavesAShareOfTheFileSystemFree) {
  SmallDisk disk("size=40m,mode=700");
  NEEDS(disk);
  auto options = options_on(disk);
  options.bytes = 64 * kMiB;
  options.keep_free_percent = 50;
  const auto cache = DiskCache::open(options).value();
  for (uint64_t i = 0; i < 1200; ++i) {
    put(*cache, i);
    if (i % 32 == 31) cache->drain();
  }
  cache->drain();
  struct statvfs info = {};
  ASSERT_EQ(::statvfs(disk.path().c_str(), &info), 0);
  EXPECT_GE(info.f_bavail, info.f_blocks / 100 * options.keep_free_percent);
  EXPECT_GT(cache->used_bytes(), 10 * kMiB);
  EXPECT_EQ(cache->state(), "");
}

TEST(DiskCacheFailure, R36_TwoProcessesOnOneDirectoryHoldAPartEach) {
  const test::TempDir dir;
  DiskCacheOptions options;
  options.directory = dir.path();
  options.bytes = 32 * kMiB;
  options.keep_free_percent = 0;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto cache = DiskCache::open(options);
    if (!cache.ok() || !(*cache)->state().empty()) ::_exit(1);
    for (uint64_t i = 0; i < 16; ++i) put(**cache, i);
    (*cache)->drain();
    (void)!::write(ready[1], "x", 1);
    for (uint64_t n = 16;; ++n) {
      put(**cache, n);
      (*cache)->drain();
    }
  }
  char x = 0;
  ASSERT_EQ(::read(ready[0], &x, 1), 1);
  {
    const auto cache = DiskCache::open(options).value();
    EXPECT_FALSE(get(*cache, 3));  // which the other holds
    for (uint64_t i = 0; i < 100; ++i) put(*cache, i);
    cache->drain();
    EXPECT_TRUE(get(*cache, 3));
    const auto status = cache_status(dir.path());
    ASSERT_TRUE(status.ok());
    ASSERT_EQ(status->parts.size(), 2U);
    EXPECT_TRUE(status->parts[0].in_use && status->parts[1].in_use);
  }
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int ended = 0;
  ASSERT_EQ(::waitpid(child, &ended, 0), child);
  const auto cache =
      DiskCache::open(options).value();  // the first part is free again, and is adopted
  EXPECT_EQ(cache_status(dir.path())->parts[0].in_use, true);
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace neurofs
