// Cases R31 and R32 on a real Ceph whose daemons are stopped and killed: alone, since others use it too.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "core/base/cancellation.h"
#include "tests/contract/store_contract.h"
#include "tests/storage/rados/ceph_cluster.h"

namespace neurofs::test {
namespace {

using Outcome = ReadOp::Outcome;
using std::chrono::milliseconds;

class RadosFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = CephCluster::missing(); !why.empty()) GTEST_SKIP() << why;
    options_ = CephCluster::options();
    options_.remote.stall = milliseconds(1000);
    options_.remote.deadline = milliseconds(3000);
    options_.remote.connect_timeout = milliseconds(3000);
    prefix_ = CephCluster::fresh_prefix();
  }
  // Whatever a test left: all daemons run and serve.
  void TearDown() override {
    if (!CephCluster::missing().empty()) return;
    for (const char* name : {"mon", "osd"}) {
      CephCluster::control(std::string("signal ") + name + " CONT");
    }
    ASSERT_TRUE(CephCluster::control("resume"));
  }

  std::shared_ptr<ObjectStore> open(const StoreOptions& options) {
    auto store = open_store("rados://" + CephCluster::pool() + "/" + prefix_, options);
    EXPECT_TRUE(store.ok()) << store.status().to_string();
    return store.ok() ? *store : nullptr;
  }

  static ReadOp read_page(ObjectStore& store, std::string_view key, ByteVector& out) {
    return read_range(store, key, {4096, 4096}, out);
  }
  static ByteVector page_of(const ByteVector& bytes) {
    return {bytes.begin() + 4096, bytes.begin() + 8192};
  }

  StoreOptions options_;
  std::string prefix_;
};

TEST_F(RadosFaults, R31AStoppedOsdIsATimeoutAndThenReadsGoOn) {
  const auto store = open(options_);
  ASSERT_TRUE(store);
  const ByteVector bytes = pattern(100000, 1);
  ASSERT_TRUE(store->put("c/0", bytes).ok());
  ByteVector out;
  ASSERT_TRUE(CephCluster::control("signal osd STOP"));
  const ReadOp stopped = read_page(*store, "c/0", out);
  EXPECT_EQ(stopped.outcome, Outcome::kError);
  EXPECT_EQ(stopped.status.code(), Code::kTimeout) << stopped.status.to_string();
  EXPECT_NE(stopped.status.message().find("c/0"), std::string::npos) << stopped.status.message();
  EXPECT_EQ(store->put("c/1", bytes).code(), Code::kTimeout);
  ASSERT_TRUE(CephCluster::control("signal osd CONT"));
  // The first attempts may still meet the stopped one's silence.
  ReadOp again;
  for (int i = 0; i < 20 && again.outcome != Outcome::kData; ++i) {
    again = read_page(*store, "c/0", out);
  }
  ASSERT_EQ(again.outcome, Outcome::kData) << again.status.to_string();
  EXPECT_EQ(out, page_of(bytes));
}

TEST_F(RadosFaults, R31WithoutAMonitorReadsGoOnAndOpeningEnds) {
  const auto store = open(options_);
  ASSERT_TRUE(store);
  const ByteVector bytes = pattern(100000, 1);
  ASSERT_TRUE(store->put("c/0", bytes).ok());
  ASSERT_TRUE(CephCluster::control("signal mon STOP"));
  ByteVector out;
  const ReadOp op = read_page(*store, "c/0", out);
  EXPECT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
  EXPECT_EQ(out, page_of(bytes));
  const auto other = open_store(store->url(), options_);
  EXPECT_EQ(other.status().code(), Code::kTimeout) << other.status().to_string();
}

TEST_F(RadosFaults, R31WhoMayNotIsToldSo) {
  const auto writer = open(options_);
  ASSERT_TRUE(writer);
  const ByteVector bytes = pattern(100000, 1);
  ASSERT_TRUE(writer->put("c/0", bytes).ok());

  options_.remote.rados_user = CephCluster::reader();
  const auto reader = open(options_);
  ASSERT_TRUE(reader);
  ByteVector out;
  EXPECT_EQ(read_page(*reader, "c/0", out).outcome, Outcome::kData);
  EXPECT_EQ(reader->put("c/0", bytes).code(), Code::kPermission);
  EXPECT_EQ(reader->remove("c/0").code(), Code::kPermission);
  EXPECT_TRUE(reader->list("", 10).ok());

  const std::string keyring = CephCluster::conf() + ".stranger";
  ASSERT_TRUE(CephCluster::ceph("auth get-or-create client.stranger mon 'allow r' -o " + keyring));
  ::setenv("CEPH_KEYRING", keyring.c_str(), 1);
  options_.remote.rados_user = "client.stranger";
  const auto stranger = open(options_);
  ::unsetenv("CEPH_KEYRING");
  ASSERT_TRUE(stranger);
  const ReadOp refused = read_page(*stranger, "c/0", out);
  EXPECT_EQ(refused.status.code(), Code::kPermission) << refused.status.to_string();
  // Not "missing", which would be read as the fill value.
  EXPECT_EQ(read_page(*stranger, "c/1", out).status.code(), Code::kPermission);

  options_.remote.rados_user = "client.nobody";
  const auto nobody = open_store(writer->url(), options_);
  EXPECT_EQ(nobody.status().code(), Code::kPermission) << nobody.status().to_string();
}

TEST_F(RadosFaults, R31ADeletedPoolIsAnErrorNotAMissingObject) {
  const std::string pool = prefix_;
  ASSERT_TRUE(CephCluster::ceph("osd pool create " + pool + " 8"));
  const auto store = open_store("rados://" + pool, options_);
  ASSERT_TRUE(store.ok()) << store.status().to_string();
  ASSERT_TRUE((*store)->put("c/0", pattern(100000, 1)).ok());
  ByteVector out;
  EXPECT_EQ(read_page(**store, "c/1", out).outcome, Outcome::kMissing);
  ASSERT_TRUE(
      CephCluster::ceph("osd pool delete " + pool + " " + pool + " --yes-i-really-really-mean-it"));
  for (const char* key : {"c/0", "c/1"}) {
    const ReadOp op = read_page(**store, key, out);
    ASSERT_EQ(op.outcome, Outcome::kError) << key;
    EXPECT_EQ(op.status.code(), Code::kIoError) << op.status.to_string();
    EXPECT_NE(op.status.message().find("has been deleted"), std::string::npos)
        << op.status.message();
  }
  EXPECT_FALSE((*store)->list("", 10).ok());
  EXPECT_FALSE((*store)->stat("c/0").ok());
  EXPECT_EQ(open_store("rados://" + pool, options_).status().code(), Code::kNotFound);
}

TEST_F(RadosFaults, R31ATruncatedObjectIsCorruptAndAChangedOneStale) {
  const auto store = open(options_);
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->put("c/0", pattern(100000, 1)).ok());
  const auto before = store->stat("c/0");
  ASSERT_TRUE(before.ok()) << before.status().to_string();
  ASSERT_TRUE(CephCluster::rados(CephCluster::pool(), "truncate " + prefix_ + "/c/0 5000"));
  ByteVector out(4096);
  const ReadOp cut = read_page(*store, "c/0", out);
  EXPECT_EQ(cut.status.code(), Code::kCorrupt) << cut.status.to_string();
  EXPECT_NE(cut.status.message().find("5000"), std::string::npos) << cut.status.message();
  const MutableBytes dest(out);
  for (const auto origin : {ReadOp::Origin::kStart, ReadOp::Origin::kEnd}) {
    ReadOp op;
    op.key = "c/0";
    op.origin = origin;
    op.range = {4500, 100};
    const MutableBytes part = dest.first(100);
    op.dests = {&part, 1};
    op.if_version = before->version;
    store->read({&op, 1});
    EXPECT_EQ(op.status.code(), Code::kStale) << op.status.to_string();
    op.if_version = "version of another store";
    op.status = {};
    store->read({&op, 1});
    EXPECT_EQ(op.status.code(), Code::kStale) << op.status.to_string();
  }
}

TEST_F(RadosFaults, R44WhoGivesUpOnAStoppedOsdIsFreeAtOnce) {
  options_.remote.stall = milliseconds(60'000);
  options_.remote.deadline = milliseconds(600'000);
  const auto store = open(options_);
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->put("c/0", pattern(100000, 1)).ok());
  ASSERT_TRUE(CephCluster::control("signal osd STOP"));
  Cancellation cancellation;
  Status read_status;
  Status put_status;
  std::atomic<int> begun{0};
  // Both would wait for ten minutes, longer than the test may take.
  const auto bounded = [&](auto work) {
    return std::thread([&cancellation, &begun, work] {
      const ReadScope scope(&cancellation, ReadScope::Clock::time_point::max());
      ++begun;
      work();
    });
  };
  std::thread reader = bounded([&] {
    ByteVector out;
    read_status = read_page(*store, "c/0", out).status;
  });
  std::thread writer = bounded([&] { put_status = store->put("c/1", pattern(100, 1)); });
  while (begun < 2) std::this_thread::yield();
  std::this_thread::sleep_for(milliseconds(200));
  cancellation.cancel();
  reader.join();
  writer.join();
  EXPECT_EQ(read_status.code(), Code::kInterrupted) << read_status.to_string();
  EXPECT_EQ(put_status.code(), Code::kInterrupted) << put_status.to_string();
}

TEST_F(RadosFaults, R32AnOsdKilledUnderLoadAndStartedAgain) {
  const auto store = open(options_);
  ASSERT_TRUE(store);
  const ByteVector bytes = pattern(100000, 3);
  ASSERT_TRUE(store->put("c/0", bytes).ok());
  const ByteVector page = page_of(bytes);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<int> right{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        ByteVector out;
        const ReadOp op = read_page(*store, "c/0", out);
        if (op.outcome == Outcome::kData) ++(out == page ? right : wrong);
        if (op.outcome == Outcome::kMissing) ++wrong;
      }
    });
  }
  while (right < 100) std::this_thread::yield();
  EXPECT_TRUE(CephCluster::control("signal osd KILL"));
  EXPECT_TRUE(CephCluster::control("resume"));
  EXPECT_TRUE(CephCluster::control("signal mon KILL"));
  EXPECT_TRUE(CephCluster::control("resume"));
  const int before = right;
  for (int i = 0; i < 600 && right < before + 100; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_GE(right, before + 100) << "reads do not go on";
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(RadosFaults, WhatACephCannotHoldIsRefusedWithAWayOut) {
  options_.remote.stall = milliseconds(60'000);
  options_.remote.deadline = milliseconds(60'000);
  const auto store = open(options_);
  ASSERT_TRUE(store);
  const Status status = store->put("c/0", ByteVector(130 << 20));
  EXPECT_EQ(status.code(), Code::kUnsupported) << status.to_string();
  for (const char* part : {"osd_max_object_size", "--shards", "c/0"}) {
    EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
  }
  EXPECT_FALSE(store->stat("c/0")->exists);
}

TEST_F(RadosFaults, PlacesThatDoNotExistAndStoresThatAreForReading) {
  EXPECT_EQ(open_store("rados://no-such-pool", options_).status().code(), Code::kNotFound);
  options_.writable = false;
  const auto store = open(options_);
  ASSERT_TRUE(store);
  EXPECT_EQ(store->put("c/0", {}).code(), Code::kReadOnly);
  EXPECT_EQ(store->remove("c/0").code(), Code::kReadOnly);
  options_.remote.ceph_conf = "/nonexistent/ceph.conf";
  const auto none = open_store(store->url(), options_);
  EXPECT_EQ(none.status().code(), Code::kNotFound);
  EXPECT_NE(none.status().message().find("/nonexistent/ceph.conf"), std::string::npos);
}

}  // namespace
}  // namespace neurofs::test
