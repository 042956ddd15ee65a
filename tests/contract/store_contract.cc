#include "tests/contract/store_contract.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

namespace neurofs::test {

using Outcome = ReadOp::Outcome;

ByteVector pattern(size_t size, unsigned seed) {
  ByteVector bytes(size);
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>((i * 31 + (i >> 8) * 7 + (i >> 16) * 3 + seed) & 0xff);
  }
  return bytes;
}

ByteVector StoreContract::put_pattern(std::string_view key, size_t size, unsigned seed) {
  ByteVector bytes = pattern(size, seed);
  const Status status = store_->put(key, bytes);
  EXPECT_TRUE(status.ok()) << status.to_string();
  return bytes;
}

ReadOp read_range(ObjectStore& store, std::string_view key, ByteRange range, ByteVector& out,
                  ReadOp::Origin origin) {
  out.assign(range.length, std::byte{0xee});
  const MutableBytes dest(out);
  ReadOp op;
  op.key = key;
  op.range = range;
  op.origin = origin;
  op.dests = {&dest, 1};
  store.read({&op, 1});
  op.dests = {};
  return op;
}

namespace {

ByteVector slice(const ByteVector& bytes, size_t offset, size_t length) {
  return {bytes.begin() + static_cast<ptrdiff_t>(offset),
          bytes.begin() + static_cast<ptrdiff_t>(offset + length)};
}

TEST_P(StoreContract, MissingIsAState) {
  put_pattern("file", 10);
  ByteVector out;
  EXPECT_EQ(read_range(*store_, "c/0", {0, 4}, out).outcome, Outcome::kMissing);
  EXPECT_EQ(read_range(*store_, "file/below", {0, 4}, out).outcome, Outcome::kMissing);
  EXPECT_EQ(read_range(*store_, "c/0", {0, 0}, out).outcome, Outcome::kMissing);
  EXPECT_EQ(read_all(*store_, "c/0", 100).status().code(), Code::kNotFound);
  const auto info = store_->stat("c/0");
  ASSERT_TRUE(info.ok());
  EXPECT_FALSE(info->exists);
}

TEST_P(StoreContract, ManyAreDescribedAtOnce) {
  for (int i = 0; i < 40; ++i) put_pattern("c/" + std::to_string(i), 100 + i);
  std::vector<std::string> keys = {"c/none", "../c"};
  for (int i = 0; i < 40; ++i) keys.push_back("c/" + std::to_string(i));
  std::vector<StatOp> ops(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) ops[i].key = keys[i];
  store_->stat_all(ops);
  ASSERT_TRUE(ops[0].info.ok()) << ops[0].info.status().to_string();
  EXPECT_FALSE(ops[0].info->exists);
  EXPECT_EQ(ops[1].info.status().code(), Code::kInvalidArgument);
  for (size_t i = 2; i < ops.size(); ++i) {
    ASSERT_TRUE(ops[i].info.ok()) << ops[i].info.status().to_string();
    EXPECT_TRUE(ops[i].info->exists);
    EXPECT_EQ(ops[i].info->size, 98 + i);
    EXPECT_EQ(ops[i].info->version, store_->stat(keys[i])->version);
  }
}

TEST_P(StoreContract, RangesOfEveryAlignment) {
  const ByteVector bytes = put_pattern("c/0/1", 3 * 1024 * 1024 + 77);
  std::mt19937_64 random(7);
  const uint64_t edges[] = {0, 1, 511, 512, 4095, 4096, 4097, 8192, 262143, 262144, 1 << 20};
  for (const uint64_t offset : edges) {
    for (const uint64_t length : {1, 511, 512, 4096, 5000, 262144, 262145, 1 << 20, 2000000}) {
      ByteVector out;
      const auto op = read_range(*store_, "c/0/1", {offset, static_cast<uint64_t>(length)}, out);
      ASSERT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
      ASSERT_TRUE(out == slice(bytes, offset, static_cast<size_t>(length)))
          << offset << " " << length;
    }
  }
  ByteVector out;
  EXPECT_EQ(read_range(*store_, "c/0/1", {bytes.size() - 3, 3}, out).outcome, Outcome::kData);
  EXPECT_EQ(out, slice(bytes, bytes.size() - 3, 3));
}

TEST_P(StoreContract, Suffix) {
  const ByteVector bytes = put_pattern("shard", 5000);
  ByteVector out;
  auto op = read_range(*store_, "shard", {20, 20}, out, ReadOp::Origin::kEnd);
  EXPECT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
  EXPECT_EQ(out, slice(bytes, 4980, 20));
  op = read_range(*store_, "shard", {5000, 10}, out, ReadOp::Origin::kEnd);
  EXPECT_EQ(op.outcome, Outcome::kData);
  EXPECT_EQ(out, slice(bytes, 0, 10));
  op = read_range(*store_, "shard", {5001, 10}, out, ReadOp::Origin::kEnd);
  EXPECT_EQ(op.status.code(), Code::kCorrupt);
  op = read_range(*store_, "shard", {10, 11}, out, ReadOp::Origin::kEnd);
  EXPECT_EQ(op.status.code(), Code::kCorrupt);
}

TEST_P(StoreContract, WholeWithLimit) {
  const ByteVector bytes = put_pattern("zarr.json", 5000);
  const auto whole = read_all(*store_, "zarr.json", 5000);
  ASSERT_TRUE(whole.ok()) << whole.status().to_string();
  EXPECT_EQ(*whole, bytes);
  EXPECT_EQ(read_all(*store_, "zarr.json", 4999).status().code(), Code::kCorrupt);
  put_pattern("empty", 0);
  const auto empty = read_all(*store_, "empty", 10);
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->empty());
}

TEST_P(StoreContract, PastTheEndIsCorruptAndSaysWhat) {
  put_pattern("c/7", 4096);
  ByteVector out;
  const ByteRange ranges[] = {{4096, 1},    {4000, 97},          {0, 4097},
                              {1 << 20, 5}, {UINT64_MAX - 1, 1}, {UINT64_MAX, 10}};
  for (const ByteRange range : ranges) {
    const auto op = read_range(*store_, "c/7", range, out);
    ASSERT_EQ(op.outcome, Outcome::kError) << range.offset;
    EXPECT_EQ(op.status.code(), Code::kCorrupt);
    for (const char* part : {"c/7", "4096"}) {
      EXPECT_NE(op.status.message().find(part), std::string::npos) << op.status.message();
    }
    EXPECT_NE(op.status.message().find(store_->url()), std::string::npos) << op.status.message();
  }
}

TEST_P(StoreContract, ZeroLength) {
  put_pattern("x", 100);
  ByteVector out;
  EXPECT_EQ(read_range(*store_, "x", {50, 0}, out).outcome, Outcome::kData);
  EXPECT_EQ(read_range(*store_, "x", {100, 0}, out).outcome, Outcome::kData);
}

TEST_P(StoreContract, SeveralDestinations) {
  const ByteVector bytes = put_pattern("x", 100000);
  for (const uint64_t offset : {uint64_t{0}, uint64_t{4096}, uint64_t{123}}) {
    ByteVector memory(70000);
    const MutableBytes all(memory);
    const MutableBytes dests[] = {all.subspan(60000, 1), all.subspan(0, 30001),
                                  all.subspan(40000, 0), all.subspan(40000, 9998)};
    ReadOp op;
    op.key = "x";
    op.range = {offset, 40000};
    op.dests = dests;
    store_->read({&op, 1});
    ASSERT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
    ByteVector joined;
    for (const auto& d : dests) joined.insert(joined.end(), d.begin(), d.end());
    EXPECT_TRUE(joined == slice(bytes, offset, 40000));
  }
}

TEST_P(StoreContract, ManyDestinations) {
  const ByteVector bytes = put_pattern("x", 64 * 4096);
  ByteVector memory(bytes.size());
  std::vector<MutableBytes> dests;
  for (size_t i = 0; i < 4096; ++i) dests.push_back(MutableBytes(memory).subspan(i * 64, 64));
  ReadOp op;
  op.key = "x";
  op.range = {0, bytes.size()};
  op.dests = dests;
  store_->read({&op, 1});
  ASSERT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
  EXPECT_TRUE(memory == bytes);
}

TEST_P(StoreContract, DestinationsMustAddUp) {
  put_pattern("x", 100);
  ByteVector memory(10);
  const MutableBytes dest(memory);
  ReadOp op;
  op.key = "x";
  op.range = {0, 11};
  op.dests = {&dest, 1};
  store_->read({&op, 1});
  EXPECT_EQ(op.status.code(), Code::kInvalidArgument);
}

TEST_P(StoreContract, ThousandOpsInOneBatchEachWithItsOwnOutcome) {
  const ByteVector a = put_pattern("a", 1 << 20, 1);
  const ByteVector b = put_pattern("b", 1 << 20, 2);
  std::vector<ByteVector> out(1000);
  std::vector<MutableBytes> dests(1000);
  std::vector<ReadOp> ops(1000);
  for (size_t i = 0; i < ops.size(); ++i) {
    out[i].resize(1 + (i * 37) % 9000);
    dests[i] = out[i];
    ops[i].key = i % 10 == 9 ? "gone" : i % 2 == 0 ? "a" : "b";
    ops[i].range = {i % 50 == 8 ? uint64_t{1} << 20 : i * 997, out[i].size()};
    ops[i].dests = {&dests[i], 1};
  }
  store_->read(ops);
  for (size_t i = 0; i < ops.size(); ++i) {
    if (i % 10 == 9) {
      EXPECT_EQ(ops[i].outcome, Outcome::kMissing) << i;
    } else if (i % 50 == 8) {
      EXPECT_EQ(ops[i].status.code(), Code::kCorrupt) << i;
    } else {
      ASSERT_EQ(ops[i].outcome, Outcome::kData) << i << ops[i].status.to_string();
      ASSERT_TRUE(out[i] == slice(i % 2 == 0 ? a : b, i * 997, out[i].size())) << i;
    }
  }
}

TEST_P(StoreContract, ThreadsReadAtOnce) {
  const ByteVector bytes = put_pattern("x", 1 << 20);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      for (int i = 0; i < 40; ++i) {
        std::vector<ByteVector> out(1 + random() % 5);
        std::vector<MutableBytes> dests(out.size());
        std::vector<ReadOp> ops(out.size());
        for (size_t k = 0; k < ops.size(); ++k) {
          out[k].resize(1 + random() % 20000);
          dests[k] = out[k];
          ops[k].key = "x";
          ops[k].range = {random() % (bytes.size() - out[k].size()), out[k].size()};
          ops[k].dests = {&dests[k], 1};
        }
        store_->read(ops);
        for (size_t k = 0; k < ops.size(); ++k) {
          if (ops[k].outcome != Outcome::kData ||
              out[k] != slice(bytes, ops[k].range.offset, out[k].size())) {
            ++wrong;
          }
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(StoreContract, PutIsAtomicForReaders) {
  put_pattern("x", 20000, 0);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (unsigned seed = 1; !stop; ++seed) put_pattern("x", 20000, seed % 100);
  });
  int found = 0;
  for (int i = 0; i < 200; ++i) {
    ByteVector out;
    const auto op = read_range(*store_, "x", {0, 20000}, out);
    if (GetParam().denies_while_replacing && op.outcome == Outcome::kMissing) continue;
    EXPECT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
    if (op.outcome != Outcome::kData) break;
    ++found;
    EXPECT_TRUE(out == pattern(20000, static_cast<unsigned>(out[0]))) << "a mix of two versions";
  }
  EXPECT_GT(found, 100);
  stop = true;
  writer.join();
}

TEST_P(StoreContract, PutReplacesWhatWasReadBefore) {
  put_pattern("d/x", 5000, 1);
  ByteVector out;
  read_range(*store_, "d/x", {0, 5000}, out);
  const auto before = store_->stat("d/x");
  const ByteVector fresh = put_pattern("d/x", 6000, 2);
  EXPECT_EQ(read_range(*store_, "d/x", {0, 6000}, out).outcome, Outcome::kData);
  EXPECT_TRUE(out == fresh);
  const auto after = store_->stat("d/x");
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_EQ(after->size, 6000U);
  EXPECT_NE(before->version, after->version);
  ASSERT_TRUE(store_->remove("d/x").ok());
  EXPECT_TRUE(store_->remove("d/x").ok());
  EXPECT_TRUE(store_->remove("nowhere/x").ok());
  EXPECT_EQ(read_range(*store_, "d/x", {0, 1}, out).outcome, Outcome::kMissing);
}

TEST_P(StoreContract, AVersionThatWasSeenIsReadOrStale) {
  const ByteVector first = put_pattern("x", 5000, 1);
  ByteVector out(100);
  const MutableBytes dest(out);
  ObjectInfo seen;
  ReadOp op;
  op.key = "x";
  op.range = {0, 100};
  op.dests = {&dest, 1};
  op.seen = &seen;
  store_->read({&op, 1});
  ASSERT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
  EXPECT_TRUE(seen.exists);
  EXPECT_EQ(seen.size, 5000U);
  ASSERT_FALSE(seen.version.empty());
  EXPECT_EQ(seen.version, store_->stat("x")->version);

  op.if_version = seen.version;
  op.seen = nullptr;
  op.range = {4900, 100};
  store_->read({&op, 1});
  ASSERT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
  EXPECT_TRUE(out == slice(first, 4900, 100));

  if (store_->can_write_at()) {
    ASSERT_TRUE(store_->write_at("x", 4950, Bytes(first).first(10), 0).ok());
    store_->read({&op, 1});
    EXPECT_EQ(op.status.code(), Code::kStale) << "written in place: " << op.status.to_string();
    op.status = {};
  }
  put_pattern("x", 5000, 2);
  store_->read({&op, 1});
  EXPECT_EQ(op.outcome, Outcome::kError);
  EXPECT_EQ(op.status.code(), Code::kStale) << op.status.to_string();
  ASSERT_TRUE(store_->remove("x").ok());
  store_->read({&op, 1});
  EXPECT_EQ(op.outcome, Outcome::kMissing);
}

TEST_P(StoreContract, AnObjectThatIsAFileCanBeReadPastTheStore) {
  const ByteVector bytes = put_pattern("c/7", 5000);
  const auto object = store_->open_local("c/7");
  if (!store_->has_local_objects()) {
    EXPECT_EQ(object.status().code(), Code::kUnsupported);
    return;
  }
  ASSERT_TRUE(object.ok()) << object.status().to_string();
  const std::string same = "/proc/self/fd/" + std::to_string((*object)->fd());
  std::ifstream file(same, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(text)), bytes));
  EXPECT_EQ(*(*object)->version(), store_->stat("c/7")->version);
  EXPECT_EQ(*store_->open_local("c/7"), *object) << "one file while the store keeps it open";
  ASSERT_TRUE(store_->write_at("c/7", 10, Bytes(bytes).first(10), 0).ok());
  const auto now = store_->open_local("c/7");
  ASSERT_TRUE(now.ok());
  EXPECT_EQ(*(*now)->version(), store_->stat("c/7")->version);
  put_pattern("c/7", 5000, 2);
  EXPECT_NE(*store_->open_local("c/7"), *now) << "another file";
  EXPECT_NE(*(*now)->version(), store_->stat("c/7")->version);
  EXPECT_FALSE(store_->open_local("c/8").ok());
  EXPECT_EQ(store_->open_local("../x").status().code(), Code::kInvalidArgument);
}

TEST_P(StoreContract, WriteAtIsSparseAndNeverShrinks) {
  if (!store_->can_write_at()) GTEST_SKIP() << "this store has only whole objects";
  const ByteVector bytes = pattern(100, 3);
  ASSERT_TRUE(store_->write_at("c/9", 100000, bytes, 200000).ok());
  auto info = store_->stat("c/9");
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->size, 200000U);
  ByteVector out;
  EXPECT_EQ(read_range(*store_, "c/9", {99990, 120}, out).outcome, Outcome::kData);
  EXPECT_EQ(slice(out, 0, 10), ByteVector(10));
  EXPECT_EQ(slice(out, 10, 100), bytes);
  ASSERT_TRUE(store_->write_at("c/9", 5, bytes, 10).ok());
  info = store_->stat("c/9");
  EXPECT_EQ(info->size, 200000U);
  EXPECT_EQ(read_range(*store_, "c/9", {5, 100}, out).outcome, Outcome::kData);
  EXPECT_EQ(out, bytes);
  EXPECT_FALSE(store_->write_at("c/9", UINT64_MAX - 1, bytes, 0).ok());
}

TEST_P(StoreContract, ListIsSortedDirectAndLimited) {
  for (const char* key : {"b", "a/y", "a/x/1", "a-b", "c/0"}) put_pattern(key, 1);
  const auto root = store_->list("", 100);
  if (root.status().code() == Code::kUnsupported) GTEST_SKIP() << root.status().message();
  ASSERT_TRUE(root.ok()) << root.status().to_string();
  std::vector<std::pair<std::string, bool>> names;
  for (const auto& e : *root) names.emplace_back(e.name, e.is_prefix);
  const std::vector<std::pair<std::string, bool>> expected = {
      {"a", true}, {"a-b", false}, {"b", false}, {"c", true}};
  EXPECT_EQ(names, expected);
  const auto two = store_->list("", 2);
  ASSERT_TRUE(two.ok());
  ASSERT_EQ(two->size(), 2U);
  EXPECT_EQ((*two)[1].name, "a-b");
  const auto below = store_->list("a", 100);
  ASSERT_TRUE(below.ok());
  ASSERT_EQ(below->size(), 2U);
  EXPECT_EQ((*below)[0].name, "x");
  EXPECT_TRUE((*below)[0].is_prefix);
  const auto none = store_->list("nothing/here", 100);
  ASSERT_TRUE(none.ok()) << none.status().to_string();
  EXPECT_TRUE(none->empty());
  EXPECT_TRUE(store_->list("", 0)->empty());
}

TEST_P(StoreContract, S1HostileKeysAreRefused) {
  const std::string long_key(2000, 'k');
  const std::string long_component = "c/" + std::string(256, '1');
  const std::string keys[] = {"",       "/",           "/etc/passwd", "..",
                              ".",      "../x",        "a/../b",      "a//b",
                              "a/",     "./a",         "a/..",        std::string("a\0b", 3),
                              long_key, long_component};
  for (const std::string& key : keys) {
    ByteVector out;
    EXPECT_EQ(read_range(*store_, key, {0, 1}, out).status.code(), Code::kInvalidArgument) << key;
    EXPECT_EQ(store_->stat(key).status().code(), Code::kInvalidArgument) << key;
    EXPECT_EQ(store_->put(key, {}).code(), Code::kInvalidArgument) << key;
    EXPECT_EQ(store_->write_at(key, 0, {}, 1).code(), Code::kInvalidArgument) << key;
    EXPECT_EQ(store_->remove(key).code(), Code::kInvalidArgument) << key;
    if (!key.empty()) {
      EXPECT_EQ(store_->list(key, 1).status().code(), Code::kInvalidArgument) << key;
    }
  }
  for (const std::string key : {"...", "a b", "%2e%2e", "\xff\xfe", "-1", "１", "a\nb"}) {
    if (GetParam().text_keys && key == "\xff\xfe") continue;
    put_pattern(key, 3);
    ByteVector out;
    EXPECT_EQ(read_range(*store_, key, {0, 3}, out).outcome, Outcome::kData) << key;
  }
}

}  // namespace
}  // namespace neurofs::test
