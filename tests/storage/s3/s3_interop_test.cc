// S3Store beside real servers: the contract of stores, and what each server does of its own
// (RELIABILITY R13, R14, R24, R25, R29, R30, S9).

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>

#include "tests/contract/store_contract.h"
#include "tests/storage/s3/s3_server.h"
#include "tests/storage/temp_dir.h"

namespace neurofs::test {

void PrintTo(const S3Server& server, std::ostream* out) {
  *out << server.name;
}

namespace {

using Outcome = ReadOp::Outcome;

std::vector<StoreMaker> makers() {
  std::vector<StoreMaker> all;
  for (const S3Server& server : s3_servers()) {
    all.push_back({server.name,
                   [server]() -> std::shared_ptr<ObjectStore> {
                     if (!server.running()) return nullptr;
                     auto store = server.open(server.fresh_url());
                     EXPECT_TRUE(store.ok()) << store.status().to_string();
                     return store.ok() ? *store : nullptr;
                   },
                   /*text_keys=*/true, /*denies_while_replacing=*/server.name == "swift"});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(S3, StoreContract, testing::ValuesIn(makers()),
                         [](const auto& store) { return store.param.name; });

class S3Interop : public testing::TestWithParam<S3Server> {
 protected:
  void SetUp() override {
    if (!server().running()) GTEST_SKIP() << server().why_not();
    url_ = server().fresh_url();
    store_ = open();
  }
  static const S3Server& server() { return GetParam(); }
  std::shared_ptr<S3Store> open(StoreOptions options = {}) {
    auto store = server().open(url_, std::move(options));
    EXPECT_TRUE(store.ok()) << store.status().to_string();
    return store.ok() ? *store : nullptr;
  }
  Result<std::shared_ptr<S3Store>> open_with(Environment environment,
                                             S3Service::Now now = std::chrono::system_clock::now) {
    S3Store::Tuning tuning;
    tuning.environment = std::move(environment);
    tuning.now = std::move(now);
    return server().open(url_, {}, tuning);
  }

  std::string url_;
  std::shared_ptr<S3Store> store_;
};

TEST_P(S3Interop, NamesThatNeedAnEncoding) {
  const std::vector<std::string> keys = {"a b", "a+b", "\xc3\xa9", "q&<>'\"", "~!*()$,;=:@", "%41"};
  for (size_t i = 0; i < keys.size(); ++i) {
    ASSERT_TRUE(store_->put("d d/" + keys[i], pattern(10 + i, 1)).ok());
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto back = read_all(*store_, "d d/" + keys[i], 100);
    ASSERT_TRUE(back.ok()) << back.status().to_string();
    EXPECT_EQ(*back, pattern(10 + i, 1));
  }
  const auto listed = store_->list("d d", 100);
  ASSERT_TRUE(listed.ok()) << listed.status().to_string();
  std::set<std::string> names;
  for (const ListEntry& entry : *listed) names.insert(entry.name);
  EXPECT_EQ(names, std::set<std::string>(keys.begin(), keys.end()));
}

TEST_P(S3Interop, LargeObjectsGoInPartsAndAreOneObject) {
  S3Store::Tuning tuning;
  tuning.environment = server().environment();
  tuning.upload.whole_limit = 1 << 20;
  tuning.upload.part_bytes = 5 << 20;
  const auto store = server().open(url_, {}, tuning);
  ASSERT_TRUE(store.ok()) << store.status().to_string();
  const ByteVector bytes = pattern((12 << 20) + 77, 3);
  const Status put = (*store)->put("shard", bytes);
  ASSERT_TRUE(put.ok()) << put.to_string();
  ByteVector out;
  const ReadOp border = read_range(**store, "shard", {(5 << 20) - 10, 20}, out);
  ASSERT_EQ(border.outcome, Outcome::kData) << border.status.to_string();
  EXPECT_TRUE(std::equal(out.begin(), out.end(), bytes.begin() + (5 << 20) - 10));
  const auto all = read_all(**store, "shard", 1 << 24);
  ASSERT_TRUE(all.ok()) << all.status().to_string();
  EXPECT_TRUE(*all == bytes);
}

TEST_P(S3Interop, R13ABucketThatIsMissingIsNoMissingKey) {
  const auto store = server().open("s3://neurofs-no-such-bucket/x");
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.status().message().find("NoSuchBucket"), std::string::npos)
      << store.status().message();
}

TEST_P(S3Interop, R25AnObjectThatChangesIsStale) {
  ASSERT_TRUE(store_->put("x", pattern(100'000, 1)).ok());
  const auto before = store_->stat("x");
  ASSERT_TRUE(before.ok() && before->exists);
  ASSERT_TRUE(store_->put("x", pattern(100'000, 2)).ok());
  ByteVector out(10);
  const MutableBytes dest(out);
  ReadOp op;
  op.key = "x";
  op.range = {50'000, 10};
  op.dests = {&dest, 1};
  op.if_version = before->version;
  store_->read({&op, 1});
  EXPECT_EQ(op.status.code(), Code::kStale) << op.status.to_string();
}

TEST_P(S3Interop, R29WrongKeysAreRefusedAtOnceAndNamed) {
  const auto wrong = [&](const std::string& id, const std::string& secret) {
    return open_with([id, secret](const char* name) -> std::string {
      const std::string_view wanted(name);
      if (wanted == "AWS_ACCESS_KEY_ID") return id;
      return wanted == "AWS_SECRET_ACCESS_KEY" ? secret : "";
    });
  };
  for (const std::string& id : {server().keys.access_key_id, std::string("NOBODY")}) {
    const auto store = wrong(id, "hunter2");
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.status().code(), Code::kPermission) << store.status().to_string();
    EXPECT_NE(store.status().message().find("keys from the environment"), std::string::npos);
    EXPECT_EQ(store.status().message().find("hunter2"), std::string::npos);
  }
}

TEST_P(S3Interop, R29AClockThatIsWrongIsCorrected) {
  ASSERT_TRUE(store_->put("x", pattern(10, 1)).ok());
  const auto store = open_with(server().environment(), [] {
    return std::chrono::system_clock::now() - std::chrono::hours(30);
  });
  ASSERT_TRUE(store.ok()) << store.status().to_string();
  EXPECT_GT((*store)->service().clock_offset(), std::chrono::hours(29));
  EXPECT_TRUE(read_all(**store, "x", 10).ok());
}

TEST_P(S3Interop, R30AKeyThatIsRotatedWhileMounted) {
  ASSERT_TRUE(store_->put("x", pattern(10, 1)).ok());
  const TempDir dir;
  const std::string path = dir.path() + "/credentials";
  const auto write = [&](const AwsKeys& keys) {
    std::ofstream(path, std::ios::trunc)
        << "[default]\naws_access_key_id = " << keys.access_key_id
        << "\naws_secret_access_key = " << keys.secret_access_key << "\n";
  };
  write(server().keys);
  const auto store = open_with([path](const char* name) -> std::string {
    const std::string_view wanted(name);
    if (wanted == "AWS_SHARED_CREDENTIALS_FILE") return path;
    return wanted == "AWS_CONFIG_FILE" ? "/nonexistent" : "";
  });
  ASSERT_TRUE(store.ok()) << store.status().to_string();
  const auto until_looked_at = [] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  };
  write({server().keys.access_key_id, "no longer", ""});
  until_looked_at();
  const auto refused = read_all(**store, "x", 10);
  EXPECT_EQ(refused.status().code(), Code::kPermission) << refused.status().to_string();
  write(server().keys);
  until_looked_at();
  const auto again = read_all(**store, "x", 10);
  EXPECT_TRUE(again.ok()) << again.status().to_string();
}

TEST_P(S3Interop, ForReadingOnly) {
  StoreOptions options;
  options.remote.endpoint = server().endpoint;
  S3Store::Tuning tuning;
  tuning.environment = server().environment();
  const auto store = S3Store::open(url_, options, tuning);
  ASSERT_TRUE(store.ok()) << store.status().to_string();
  EXPECT_EQ((*store)->put("x", {}).code(), Code::kReadOnly);
  EXPECT_EQ((*store)->remove("x").code(), Code::kReadOnly);
  EXPECT_EQ((*store)->write_at("x", 0, {}, 0).code(), Code::kReadOnly);
  EXPECT_EQ(store_->write_at("x", 0, {}, 0).code(), Code::kUnsupported);
}

INSTANTIATE_TEST_SUITE_P(S3, S3Interop, testing::ValuesIn(s3_servers()),
                         [](const auto& server) { return server.param.name; });

// radosgw refuses who has no keys with 403 AccessDenied, as AWS does without ListBucket; Swift with 400.
TEST(Radosgw, R14RefusedReadsAreMissingOnlyWhereAskedFor) {
  const S3Server server = s3_servers()[0];
  if (!server.running()) GTEST_SKIP() << server.why_not();
  StoreOptions options;
  options.remote.endpoint = server.endpoint;
  options.remote.anonymous = true;
  for (const bool missing : {false, true}) {
    options.remote.missing_403 = missing;
    const auto store = S3Store::open("s3://" + server.bucket + "/x", options);
    ASSERT_TRUE(store.ok()) << store.status().to_string();
    const auto stat = (*store)->stat("nothing");
    EXPECT_EQ(stat.status().code(), missing ? Code::kOk : Code::kPermission)
        << stat.status().to_string();
  }
}

}  // namespace
}  // namespace neurofs::test
