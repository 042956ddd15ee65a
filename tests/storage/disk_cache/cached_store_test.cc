// The cached store against its store below, with objects that change.

#include "core/storage/disk_cache/cached_store.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <tuple>
#include <utility>

#include "core/storage/disk_cache/wanted_writes.h"
#include "core/storage/memory_store.h"
#include "core/storage/store_control.h"
#include "tests/storage/fault_store.h"
#include "tests/storage/temp_dir.h"

namespace neurofs {
namespace {

struct Fixture {
  explicit Fixture(std::chrono::milliseconds ttl = std::chrono::minutes(10)) {
    DiskCacheOptions options;
    options.directory = dir.path();
    options.bytes = 16 << 20;
    options.keep_free_percent = 0;
    options.metrics = &metrics;
    cache = DiskCache::open(options).value();
    store = cached_store(faults, cache, {.version_ttl = ttl}).value();
  }
  uint64_t hits() { return metrics.counter("nvme_hits_total", "").value(); }

  test::TempDir dir;
  Metrics metrics;
  std::shared_ptr<MemoryStore> memory = std::make_shared<MemoryStore>();
  std::shared_ptr<test::FaultStore> faults = std::make_shared<test::FaultStore>(memory);
  std::shared_ptr<DiskCache> cache;
  std::shared_ptr<ObjectStore> store;
};

std::string text_of(const ByteVector& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(CachedStore, ServesAPinnedRangeWithoutItsStore) {
  Fixture f;
  f.memory->plant("a", "0123456789abcdef");
  const std::string version = f.memory->stat("a")->version;
  std::array<ByteVector, 3> parts{ByteVector(4), ByteVector(4), ByteVector(4)};
  std::vector<MutableBytes> dests(parts.begin(), parts.end());
  ReadOp op;
  op.key = "a";
  op.range = {2, 12};
  op.dests = dests;
  op.if_version = version;
  f.store->read({&op, 1});
  ASSERT_EQ(op.outcome, ReadOp::Outcome::kData);
  f.cache->drain();
  const uint64_t before = f.faults->ops();
  for (auto& part : parts) part.assign(4, std::byte{0});
  f.store->read({&op, 1});
  ASSERT_EQ(op.outcome, ReadOp::Outcome::kData);
  EXPECT_EQ(f.faults->ops(), before);
  EXPECT_EQ(f.hits(), 3U);
  EXPECT_EQ(text_of(parts[0]) + text_of(parts[1]) + text_of(parts[2]), "23456789abcd");
  // Another version of it is no hit.
  f.memory->plant("a", "################");
  const std::string next = f.memory->stat("a")->version;
  op.if_version = next;
  f.store->read({&op, 1});
  ASSERT_EQ(op.outcome, ReadOp::Outcome::kData);
  EXPECT_EQ(text_of(parts[0]), "####");
}

TEST(CachedStore, AWholeObjectIsAskedForItsVersionOnceItIsOld) {
  Fixture f(std::chrono::milliseconds(0));
  f.memory->plant("a", "first bytes");
  ByteVector whole;
  ObjectInfo seen;
  ReadOp op;
  op.key = "a";
  op.whole = &whole;
  op.whole_limit = 100;
  op.seen = &seen;
  f.store->read({&op, 1});
  f.cache->drain();
  f.store->read({&op, 1});
  EXPECT_EQ(text_of(whole), "first bytes");
  EXPECT_EQ(seen.size, 11U);
  EXPECT_EQ(f.hits(), 1U);
  f.memory->plant("a", "second");
  f.store->read({&op, 1});
  EXPECT_EQ(text_of(whole), "second");
  EXPECT_EQ(seen.size, 6U);
  (void)f.memory->remove("a");
  f.store->read({&op, 1});
  EXPECT_EQ(op.outcome, ReadOp::Outcome::kMissing);
}

class PlacedStore : public MemoryStore, public StoreControl {
 public:
  explicit PlacedStore(std::string place) : place_(std::move(place)) {}
  std::string place() const override { return place_; }

 private:
  const std::string place_;
};

TEST(CachedStore, StoresOfOneUrlInTwoPlacesShareNothing) {
  Fixture f;
  ByteVector part(4);
  MutableBytes dest = part;
  const auto read_at = [&](const std::string& place, std::string_view bytes) {
    const auto below = std::make_shared<PlacedStore>(place);
    below->plant("a", bytes);
    ReadOp op;
    op.key = "a";
    op.range = {0, 4};
    op.dests = {&dest, 1};
    const std::string version = below->stat("a")->version;
    op.if_version = version;
    cached_store(below, f.cache).value()->read({&op, 1});
    f.cache->drain();
    return text_of(part);
  };
  EXPECT_EQ(read_at("cluster 1", "1111"), "1111");
  EXPECT_EQ(read_at("cluster 2", "2222"), "2222");
  EXPECT_EQ(f.hits(), 0U);
  EXPECT_EQ(read_at("cluster 1", "1111"), "1111");
  EXPECT_EQ(f.hits(), 1U);
}

// Whatever changes, an op gets bytes of one version, and of the one it asked for.
TEST(CachedStore, RandomReadsOfChangingObjectsAreNeverMixed) {
  Fixture f(std::chrono::milliseconds(1));
  std::mt19937_64 random(3);
  std::map<std::string, std::string, std::less<>> by_version;  // key + version -> bytes
  std::map<std::string, std::string> version_of;
  const auto plant = [&](const std::string& key) {
    std::string text(200 + random() % 20000, '\0');
    for (char& c : text) c = static_cast<char>(random());
    f.memory->plant(key, text);
    version_of[key] = f.memory->stat(key)->version;
    by_version[key + "@" + version_of[key]] = text;
  };
  for (int k = 0; k < 8; ++k) plant("k" + std::to_string(k));
  for (int step = 0; step < 4000; ++step) {
    const std::string key = "k" + std::to_string(random() % 8);
    if (random() % 40 == 0) plant(key);
    if (random() % 100 == 0) f.cache->drain();
    const std::string version = version_of[key];
    ByteVector whole;
    ObjectInfo seen;
    std::array<ByteVector, 3> parts{ByteVector(50), ByteVector(30), ByteVector(50)};
    std::vector<MutableBytes> dests(parts.begin(), parts.end());
    ReadOp op;
    op.key = key;
    const bool pin = random() % 2 == 0;
    if (pin) op.if_version = version;
    if (random() % 2 == 0) op.seen = &seen;
    if (random() % 3 == 0) {
      op.whole = &whole;
      op.whole_limit = 1 << 20;
    } else {
      op.range = {random() % 4 * 10, 130};
      op.dests = dests;
    }
    f.store->read({&op, 1});
    ASSERT_EQ(op.outcome, ReadOp::Outcome::kData) << op.status.to_string();
    const std::string got =
        op.whole ? text_of(whole) : text_of(parts[0]) + text_of(parts[1]) + text_of(parts[2]);
    const auto matches = [&](const std::string& text) {
      return got == (op.whole ? text : text.substr(op.range.offset, 130));
    };
    if (pin) {
      EXPECT_TRUE(matches(by_version[key + "@" + version]));
    } else {
      bool any = false;
      for (const auto& [name, text] : by_version)
        any |= name.starts_with(key + "@") && matches(text);
      EXPECT_TRUE(any);
    }
    if (op.seen != nullptr) {
      const auto& text = by_version[key + "@" + seen.version];
      EXPECT_EQ(seen.size, text.size());
      EXPECT_TRUE(matches(text));
    }
  }
  EXPECT_GT(f.hits(), 500U);
}

TEST(CachedStore, NothingOfAWeakVersionIsKeptOnDisk) {
  for (const bool pinned : {true, false}) {
    Fixture f;
    f.memory->plant("a", "0123456789abcdef");
    const std::string version = f.memory->stat("a")->version;
    f.faults->add({.key_part = "a", .fault = test::Fault::kWeak});
    ByteVector part(4);
    MutableBytes dest = part;
    ReadOp op;
    op.key = "a";
    op.range = {2, 4};
    op.dests = {&dest, 1};
    if (pinned) op.if_version = version;
    const auto ops_below = [&] {
      const uint64_t before = f.faults->ops();
      f.store->read({&op, 1});
      EXPECT_EQ(op.outcome, ReadOp::Outcome::kData);
      EXPECT_EQ(text_of(part), "2345");
      f.cache->drain();
      return f.faults->ops() - before;
    };
    const WantedWrites wanted;
    ops_below();
    EXPECT_EQ(ops_below(), 1U);
    EXPECT_EQ(wanted.lost(), 2U) << "who asked for it hears";
    f.faults->clear();
    EXPECT_EQ(ops_below(), 1U) << "now it is kept";
    EXPECT_EQ(wanted.lost(), 2U);
    EXPECT_EQ(ops_below(), 0U);
    EXPECT_EQ(f.hits(), 1U);
  }
}

// What a mount finds that begins beside a warm cache: nobody has seen the object yet but the cache's own question.
struct Restarted {
  explicit Restarted(bool whole) {
    f.memory->plant("a", "abcd");
    if (whole) {
      op.whole = &bytes;
      op.whole_limit = 100;
    } else {
      op.range = {0, 4};
      op.dests = {&dest, 1};
    }
    op.key = "a";
    f.store->read({&op, 1});
    f.cache->drain();
    f.memory->plant("a", "ABCD");  // so that what is held is of another version
    f.store = cached_store(f.faults, f.cache).value();
  }
  Fixture f;
  ByteVector bytes{4};
  MutableBytes dest = bytes;
  ReadOp op;
};

class CachedStoreDenied : public testing::TestWithParam<bool> {};

TEST_P(CachedStoreDenied, AnObjectThatWasJustToldOfIsNotMissing) {
  Restarted r(GetParam());
  r.f.faults->add({.key_part = "a", .fault = test::Fault::kMiss, .times = 4, .skip = 1});
  for (int n = 0; n < 2; ++n) {
    r.f.store->read({&r.op, 1});
    ASSERT_EQ(r.op.outcome, ReadOp::Outcome::kError) << n;
    EXPECT_EQ(r.op.status.code(), Code::kStale) << r.op.status.to_string();
    r.f.store->forget("a");  // as the engine does of what it could not read
  }
  r.f.faults->clear();
  r.f.store->read({&r.op, 1});
  ASSERT_EQ(r.op.outcome, ReadOp::Outcome::kData);
  EXPECT_EQ(text_of(r.bytes), "ABCD");
}

TEST_P(CachedStoreDenied, AnObjectThatThisProcessRemovedIsMissing) {
  Restarted r(GetParam());
  r.f.faults->add({.key_part = "a", .fault = test::Fault::kMiss, .times = 4, .skip = 1});
  r.f.store->read({&r.op, 1});
  EXPECT_EQ(r.op.status.code(), Code::kStale);
  r.f.faults->clear();
  ASSERT_TRUE(r.f.store->remove("a").ok());
  r.f.store->read({&r.op, 1});
  EXPECT_EQ(r.op.outcome, ReadOp::Outcome::kMissing);
}

INSTANTIATE_TEST_SUITE_P(Ops, CachedStoreDenied, testing::Bool(),
                         [](const auto& chosen) { return chosen.param ? "whole" : "range"; });

// Calls `during` in the middle of a read or a stat: after it was answered, before the answer is heard.
class Interleaved : public MemoryStore {
 public:
  void read(std::span<ReadOp> batch) override {
    MemoryStore::read(batch);
    if (during) std::exchange(during, {})();
  }
  Result<ObjectInfo> stat(std::string_view key) override {
    auto info = MemoryStore::stat(key);
    if (during) std::exchange(during, {})();
    return info;
  }
  std::function<void()> during;
};

class CachedStoreForgotten : public testing::TestWithParam<std::tuple<bool, bool>> {};

// A refresh (or a put) that ends while a read of the old version is under way: the next read sees the new one.
TEST_P(CachedStoreForgotten, WhileItIsReadIsNotLearned) {
  const auto [all, by_stat] = GetParam();
  Fixture f;
  const auto below = std::make_shared<Interleaved>();
  f.store = cached_store(below, f.cache).value();
  below->plant("a", "abcd");
  ByteVector bytes(4);
  const MutableBytes dest = bytes;
  ReadOp op;
  op.key = "a";
  op.range = {0, 4};
  op.dests = {&dest, 1};
  f.store->read({&op, 1});
  f.cache->drain();
  f.store->forget("a");
  below->during = [&, all = all] {
    below->plant("a", "ABCD");
    if (all) {
      StoreControl::of(*f.store)->forget_all();
    } else {
      f.store->forget("a");
    }
  };
  if (by_stat) {
    EXPECT_TRUE(f.store->stat("a").ok());
  } else {
    f.store->read({&op, 1});
  }
  ASSERT_FALSE(below->during);
  f.store->read({&op, 1});
  ASSERT_EQ(op.outcome, ReadOp::Outcome::kData);
  EXPECT_EQ(text_of(bytes), "ABCD");
}

INSTANTIATE_TEST_SUITE_P(Ways, CachedStoreForgotten,
                         testing::Combine(testing::Bool(), testing::Bool()),
                         [](const auto& chosen) {
                           return std::string(std::get<0>(chosen.param) ? "all" : "one") +
                                  (std::get<1>(chosen.param) ? "_stat" : "_read");
                         });

TEST(CachedStore, ErrorsAndMissingObjectsPass) {
  Fixture f;
  ByteVector part(4);
  MutableBytes dest = part;
  ReadOp op;
  op.key = "nothing";
  op.range = {0, 4};
  op.dests = {&dest, 1};
  f.store->read({&op, 1});
  EXPECT_EQ(op.outcome, ReadOp::Outcome::kMissing);
  f.memory->plant("a", "abcd");
  f.faults->add({.key_part = "a", .fault = test::Fault::kError, .times = 1});
  op.key = "a";
  f.store->read({&op, 1});
  EXPECT_EQ(op.status.code(), Code::kIoError);
  f.store->read({&op, 1});
  EXPECT_EQ(op.outcome, ReadOp::Outcome::kData);
  EXPECT_EQ(text_of(part), "abcd");
  const std::string wrong = "no such version";
  op.if_version = wrong;
  f.store->read({&op, 1});
  EXPECT_EQ(op.status.code(), Code::kStale);
  op.if_version = {};
  op.origin = ReadOp::Origin::kEnd;
  op.range = {3, 3};
  dest = MutableBytes(part).first(3);
  f.store->read({&op, 1});
  ASSERT_EQ(op.outcome, ReadOp::Outcome::kData);
  EXPECT_EQ(text_of(part).substr(0, 3), "bcd");
}

}  // namespace
}  // namespace neurofs
