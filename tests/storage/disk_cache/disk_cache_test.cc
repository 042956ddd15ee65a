// The disk cache: what it keeps, what it must never return, and what it does when its disk fails.

#include "core/storage/disk_cache/disk_cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstring>
#include <fstream>
#include <random>
#include <thread>

#include "core/storage/disk_cache/cache_admin.h"
#include "core/storage/disk_cache/entry_index.h"
#include "core/storage/disk_cache/segment_format.h"
#include "core/storage/disk_cache/wanted_writes.h"
#include "tests/storage/temp_dir.h"

namespace neurofs {
namespace {

using test::TempDir;

constexpr uint64_t kMiB = uint64_t{1} << 20;

// What block `i` of version `v` holds: told by (i, v) alone.
ByteVector content(uint64_t i, uint64_t v) {
  std::mt19937_64 random(i * 1000003 + v);
  constexpr uint64_t kSizes[] = {4096, 3000, 1, 65536, 20000, 8192, 511};
  ByteVector bytes(kSizes[i % std::size(kSizes)]);
  for (auto& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

CacheKey key_of(uint64_t i, uint64_t v) {
  const ObjectHash object = hash_object("s3://bucket/field", "c/" + std::to_string(i));
  return cache_key(object, kWholeObject, hash_version(object, "v" + std::to_string(v)));
}

DiskCacheOptions options_in(const std::string& directory, uint64_t bytes = 32 * kMiB) {
  DiskCacheOptions options;
  options.directory = directory;
  options.bytes = bytes;
  options.keep_free_percent = 0;
  return options;
}

std::shared_ptr<DiskCache> open_cache(const DiskCacheOptions& options) {
  auto cache = DiskCache::open(options);
  EXPECT_TRUE(cache.ok()) << cache.status().to_string();
  return cache.ok() ? *cache : nullptr;
}

void put(DiskCache& cache, uint64_t i, uint64_t v = 0) {
  cache.write(key_of(i, v), content(i, v));
}

// A hit must be right; says whether it was one.
bool get(DiskCache& cache, uint64_t i, uint64_t v = 0) {
  const ByteVector right = content(i, v);
  ByteVector bytes(right.size());
  CacheRead read{key_of(i, v), bytes, false};
  cache.read({&read, 1});
  EXPECT_TRUE(!read.hit || bytes == right) << "block " << i << " version " << v;
  return read.hit;
}

std::string data_file(const std::string& directory, const std::string& part = "0") {
  for (const auto& entry : std::filesystem::directory_iterator(directory + "/" + part)) {
    if (entry.path().filename().string().starts_with("data-")) return entry.path();
  }
  return {};
}

TEST(CacheKey, SipHashAsItsAuthorsPublishedIt) {
  ObjectHash key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  const auto empty = siphash128(key, {});
  EXPECT_EQ(empty[0], 0xe6a825ba047f81a3U);
  EXPECT_EQ(empty[1], 0x930255c71472f66dU);
}

TEST(CacheKey, UrlAndKeyDoNotRunTogether) {
  EXPECT_NE(hash_object("ab", "c").k0, hash_object("a", "bc").k0);
}

TEST(EntryIndex, AgainstAMap) {
  EntryIndex index(3000);
  std::map<uint64_t, EntryPlace> model;
  std::mt19937_64 random(7);
  const auto key = [](uint64_t n) { return key_of(n, 0); };
  for (int step = 0; step < 60000; ++step) {
    const uint64_t n = random() % 4000;
    const auto it = model.find(n);
    if (random() % 5 < 3) {
      const EntryPlace place{static_cast<uint32_t>(random() % kMostSegments),
                             static_cast<uint32_t>(random() % (1 << 17)),
                             static_cast<uint32_t>(random() % (1 << 25)),
                             0,
                             static_cast<uint32_t>(random()),
                             static_cast<uint32_t>(random())};
      const bool put = index.put(key(n), place);
      EXPECT_EQ(put, it != model.end() || model.size() < 3000);
      if (put) model[n] = place;
    } else if (it != model.end()) {
      EntryPlace other = it->second;
      ++other.segment;
      EXPECT_FALSE(index.erase(key(n), other));
      EXPECT_TRUE(index.erase(key(n), it->second));
      model.erase(it);
    }
  }
  EXPECT_EQ(index.size(), model.size());
  for (uint64_t n = 0; n < 4000; ++n) {
    const auto found = index.find(key(n));
    const auto it = model.find(n);
    ASSERT_EQ(found.has_value(), it != model.end());
    if (!found) continue;
    EXPECT_TRUE(found->same_place(it->second));
    EXPECT_EQ(found->version_tag, it->second.version_tag);
    EXPECT_EQ(found->length, it->second.length);
    EXPECT_EQ(found->check, it->second.check);
  }
}

TEST(DiskCache, WhatIsWantedWaitsForTheDisk) {
  TempDir dir;
  auto options = options_in(dir.path() + "/cache");
  options.queue_bytes = 64 << 10;
  const auto cache = open_cache(options);
  const WantedWrites wanted;
  constexpr uint64_t kEntries = 300;  // 60 times the queue
  for (uint64_t i = 0; i < kEntries; ++i) put(*cache, i);
  EXPECT_TRUE(cache->drain());
  EXPECT_EQ(wanted.lost(), 0U);
  for (uint64_t i = 0; i < kEntries; ++i) EXPECT_TRUE(get(*cache, i)) << i;
}

TEST(DiskCache, WhatIsWantedAndCannotBeKeptIsTold) {
  TempDir dir;
  const auto cache = open_cache(options_in(dir.path() + "/cache"));
  const WantedWrites wanted;
  cache->write(key_of(1, 0), ByteVector(cache->largest_entry() + 1));
  put(*cache, 2);
  EXPECT_EQ(wanted.lost(), 1U);
  const WantedWrites inner;
  EXPECT_EQ(inner.lost(), 0U);
}

TEST(DiskCache, KeepsAcrossRestarts) {
  const TempDir dir;
  for (int round = 0; round < 3; ++round) {
    const auto cache = open_cache(options_in(dir.path()));
    if (round > 0) {
      for (uint64_t i = 0; i < 200; ++i) EXPECT_TRUE(get(*cache, i)) << i;
    }
    for (uint64_t i = 0; i < 200; ++i) put(*cache, i);
    cache->drain();
    for (uint64_t i = 0; i < 200; ++i) EXPECT_TRUE(get(*cache, i)) << i;
    EXPECT_FALSE(get(*cache, 500));
    EXPECT_FALSE(get(*cache, 3, 1));
  }
  const auto verified = cache_verify(dir.path(), nullptr);
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->bad, 0U);
  EXPECT_GE(verified->entries, 200U);
}

// Changes the first byte of block `i` where the data file has it.
void spoil(const std::string& file, uint64_t i) {
  std::fstream data(file, std::ios::in | std::ios::out | std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(data)), std::istreambuf_iterator<char>());
  const ByteVector bytes = content(i, 0);
  const size_t at =
      all.find(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  ASSERT_NE(at, std::string::npos);
  data.clear();
  data.seekp(static_cast<std::streamoff>(at));
  data.put(static_cast<char>(all[at] ^ 1));
}

TEST(DiskCache, VerifyDropsBadEntriesButNotThoseOfALiveCache) {
  const TempDir dir;
  auto cache = open_cache(options_in(dir.path()));
  for (uint64_t i = 0; i < 200; ++i) put(*cache, i);
  cache->drain();
  const auto used = cache_verify(dir.path(), nullptr);
  ASSERT_TRUE(used.ok());
  EXPECT_EQ(used->bad, 0U);
  cache.reset();
  for (const uint64_t i : {3U, 40U, 199U}) spoil(data_file(dir.path()), i);
  cache = open_cache(options_in(dir.path()));
  const auto in_use = cache_verify(dir.path(), nullptr);
  ASSERT_TRUE(in_use.ok());
  EXPECT_EQ(in_use->bad, 3U);
  EXPECT_EQ(in_use->dropped, 0U);
  cache.reset();
  const auto found = cache_verify(dir.path(), nullptr);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->bad, 3U);
  EXPECT_EQ(found->dropped, 3U);
  const auto after = cache_verify(dir.path(), nullptr);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->bad, 0U);
  EXPECT_EQ(after->entries + 3, found->entries);
  cache = open_cache(options_in(dir.path()));
  for (uint64_t i = 0; i < 200; ++i) EXPECT_EQ(get(*cache, i), i != 3 && i != 40 && i != 199) << i;
}

TEST(DiskCache, StaysInItsSizeAndKeepsWhatIsReadAgain) {
  const TempDir dir;
  const auto cache = open_cache(options_in(dir.path(), 16 * kMiB));
  for (uint64_t i = 0; i < 100; ++i) put(*cache, i);
  cache->drain();
  for (uint64_t i = 0; i < 100; ++i) EXPECT_TRUE(get(*cache, i));
  for (uint64_t i = 1000; i < 6000; ++i) {  // a scan of about five times the cache
    put(*cache, i);
    if (i % 50 == 0) cache->drain();
  }
  cache->drain();
  size_t kept = 0;
  for (uint64_t i = 0; i < 100; ++i) kept += get(*cache, i);
  EXPECT_GT(kept, 80U);
  EXPECT_LE(cache->used_bytes(), 16 * kMiB);
  struct stat info = {};
  ASSERT_EQ(::stat(data_file(dir.path()).c_str(), &info), 0);
  EXPECT_LE(static_cast<uint64_t>(info.st_blocks) * 512, 16 * kMiB + kMiB);
  EXPECT_GT(cache->entries(), 500U);
}

// Blocks zeroed, swapped, of an older time, cut off: what a power loss leaves.
TEST(DiskCache, NeverReturnsWhatADiskForgot) {
  const TempDir dir;
  std::mt19937_64 random(11);
  uint64_t version = 0;
  std::string old;
  size_t hits = 0;
  for (int round = 0; round < 12; ++round) {
    {
      const auto cache = open_cache(options_in(dir.path(), 16 * kMiB));
      for (uint64_t i = 0; i < 300; ++i) {
        for (uint64_t v = version > 3 ? version - 3 : 0; v <= version; ++v)
          hits += get(*cache, i, v);
      }
      ++version;
      for (int n = 0; n < 400; ++n) put(*cache, random() % 300, version);
      cache->drain();
    }
    const std::string path = data_file(dir.path());
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    std::string now((std::istreambuf_iterator<char>(file)), {});
    file.clear();
    const std::string before = now;
    const size_t pages = now.size() / 512;
    for (int n = 0; n < 200; ++n) {
      const size_t a = random() % pages * 512;
      const size_t b = random() % pages * 512;
      if (n % 3 == 0) std::memset(&now[a], 0, 512);
      if (n % 3 == 1) std::swap_ranges(now.begin() + a, now.begin() + a + 512, now.begin() + b);
      if (n % 3 == 2 && a + 512 <= old.size()) std::memcpy(&now[a], &old[a], 512);
    }
    file.seekp(0);
    file.write(now.data(), static_cast<std::streamsize>(now.size()));
    file.close();
    if (round % 6 == 5) std::filesystem::resize_file(path, random() % now.size());
    old = before;
  }
  EXPECT_GT(hits, 1000U);
}

TEST(DiskCache, SurvivesKillsWhileItFills) {
  const TempDir dir;
  const char* text = std::getenv("NEUROFS_KILLS");
  const int kills = text != nullptr ? std::atoi(text) : 15;
  std::mt19937_64 random(5);
  size_t hits = 0;
  for (int kill = 0; kill < kills; ++kill) {
    int begun[2];
    ASSERT_EQ(::pipe(begun), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto cache = DiskCache::open(options_in(dir.path(), 16 * kMiB));
      if (!cache.ok()) ::_exit(1);
      for (uint64_t n = 0;; ++n) {
        put(**cache, (n * 7919 + static_cast<uint64_t>(kill) * 31) % 900, n % 2);
        if (n % 100 == 99) (*cache)->drain();
        if (n == 99 && ::write(begun[1], "x", 1) != 1) ::_exit(1);
      }
    }
    ::close(begun[1]);
    char word = 0;
    EXPECT_EQ(::read(begun[0], &word, 1), 1);  // on a slow machine too there is something to lose
    ::close(begun[0]);
    ::usleep(static_cast<useconds_t>(5000 + random() % 120000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto cache = open_cache(options_in(dir.path(), 16 * kMiB));
    for (uint64_t i = 0; i < 900; ++i) hits += get(*cache, i, 0) + get(*cache, i, 1);
  }
  EXPECT_GT(hits, static_cast<size_t>(kills) * 50);
}

TEST(DiskCache, SeveralOnOneDirectoryShareItsSize) {
  const TempDir dir;
  auto options = options_in(dir.path(), 32 * kMiB);
  options.retry_after = std::chrono::milliseconds(20);  // looks at the others as often
  auto first = open_cache(options);
  for (uint64_t i = 0; i < 4000; ++i) {
    put(*first, i);
    if (i % 100 == 0) first->drain();
  }
  first->drain();
  EXPECT_GT(first->used_bytes(), 20 * kMiB);
  auto second = open_cache(options);
  for (int n = 0; n < 500 && first->used_bytes() > 16 * kMiB; ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_LE(first->used_bytes(), 16 * kMiB);
  for (int n = 0; n < 500 && !get(*second, 5); ++n) {
    put(*second, 5);
    second->drain();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(get(*second, 5));
  const auto status = cache_status(dir.path());
  ASSERT_TRUE(status.ok());
  ASSERT_EQ(status->parts.size(), 2U);
  EXPECT_TRUE(status->parts[0].in_use && status->parts[1].in_use);
  EXPECT_EQ(cache_clear(dir.path()).status().code(), Code::kExists);
  second.reset();
  first.reset();
  ASSERT_TRUE(cache_clear(dir.path()).ok());
  EXPECT_EQ(cache_status(dir.path())->disk_bytes, 0U);
}

TEST(DiskCache, RefusesADirectoryThatOthersCanWrite) {
  const TempDir dir;
  const std::string open_to_all = dir.path() + "/open";
  ASSERT_EQ(::mkdir(open_to_all.c_str(), 0700), 0);
  ASSERT_EQ(::chmod(open_to_all.c_str(), 0777), 0);
  EXPECT_EQ(DiskCache::open(options_in(open_to_all)).status().code(), Code::kPermission);
  const std::string real = dir.path() + "/real";
  ASSERT_EQ(::mkdir(real.c_str(), 0700), 0);
  const std::string link = dir.path() + "/link";
  ASSERT_EQ(::symlink(real.c_str(), link.c_str()), 0);
  EXPECT_EQ(DiskCache::open(options_in(link)).status().code(), Code::kPermission);
  if (::geteuid() == 0) {
    const std::string foreign = dir.path() + "/foreign";
    ASSERT_EQ(::mkdir(foreign.c_str(), 0700), 0);
    ASSERT_EQ(::chown(foreign.c_str(), 12345, 12345), 0);
    EXPECT_EQ(DiskCache::open(options_in(foreign)).status().code(), Code::kPermission);
  }
  // A link in place of a part.
  ASSERT_EQ(::symlink("/tmp", (real + "/0").c_str()), 0);
  const auto cache = DiskCache::open(options_in(real));
  EXPECT_TRUE(!cache.ok() || !(*cache)->state().empty());
  EXPECT_EQ(DiskCache::open(options_in(real, 1000)).status().code(), Code::kInvalidArgument);
}

TEST(DiskCache, GoesOffWhenItsDirectoryGoesAndComesBack) {
  const TempDir dir;
  auto options = options_in(dir.path() + "/cache");
  options.retry_after = std::chrono::milliseconds(50);
  const auto cache = open_cache(options);
  put(*cache, 1);
  cache->drain();
  EXPECT_TRUE(get(*cache, 1));
  std::filesystem::remove_all(options.directory);
  for (int n = 0; n < 1000 && get(*cache, 1); ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_FALSE(get(*cache, 1));
  for (int n = 0; n < 1000 && !get(*cache, 2); ++n) {
    put(*cache, 2);
    cache->drain();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(get(*cache, 2));
  EXPECT_EQ(cache->state(), "");
}

TEST(DiskCache, LivesOnAFullFileSystem) {
  const TempDir dir;
  if (::geteuid() != 0 ||
      ::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=20m,mode=700") != 0) {
    GTEST_SKIP() << "mounting a small tmpfs needs root";
  }
  auto options = options_in(dir.path(), 64 * kMiB);
  options.retry_after = std::chrono::milliseconds(50);
  {
    const auto cache = open_cache(options);
    for (uint64_t i = 0; i < 5000; ++i) {
      put(*cache, i);
      if (i % 100 == 0) cache->drain();
      get(*cache, i / 2);
    }
    cache->drain();
    EXPECT_LE(cache->used_bytes(), 20 * kMiB);
    EXPECT_GT(cache->entries(), 100U);
  }
  {
    // Detached under a cache that is at work: its files are still there, and it goes on.
    const auto cache = open_cache(options);
    ASSERT_NE(cache, nullptr);
    ASSERT_EQ(::umount2(dir.path().c_str(), MNT_DETACH), 0);
    put(*cache, 9000);
    cache->drain();
    EXPECT_TRUE(get(*cache, 9000));
  }
}

TEST(DiskCache, ManyThreadsAtOnce) {
  const TempDir dir;
  const auto cache = open_cache(options_in(dir.path(), 16 * kMiB));
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      for (int n = 0; n < 1500; ++n) {
        const uint64_t i = random() % 1200;
        if (!get(*cache, i, i % 2)) put(*cache, i, i % 2);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  cache->drain();
}

}  // namespace
}  // namespace neurofs
