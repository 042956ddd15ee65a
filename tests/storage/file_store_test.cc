// What only the file store promises: confinement, regular files, descriptors, truncation.

#include "core/storage/file_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/contract/store_contract.h"
#include "tests/storage/temp_dir.h"

namespace neurofs::test {
namespace {

using Outcome = ReadOp::Outcome;
namespace fs = std::filesystem;

// Only the suite's helpers are used here; store_contract_test runs it.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreContract);

class FileStoreTest : public testing::Test {
 protected:
  std::shared_ptr<FileStore> open(StoreOptions options = {}, FileStore::Tuning tuning = {}) {
    options.writable = true;
    auto store = FileStore::open(root(), options, tuning);
    EXPECT_TRUE(store.ok()) << store.status().to_string();
    return std::move(store).value();
  }
  std::string root() const { return dir_.path() + "/root"; }
  void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  ReadOp read_byte(ObjectStore& store, std::string_view key) {
    return read_range(store, key, {0, 1}, out_);
  }

  void SetUp() override { fs::create_directory(root()); }
  TempDir dir_;
  ByteVector out_;
};

TEST_F(FileStoreTest, S5LinksThatLeadOutAreRefused) {
  write_file(dir_.path() + "/secret", "s");
  fs::create_symlink(dir_.path() + "/secret", root() + "/absolute");
  fs::create_symlink("../secret", root() + "/upwards");
  fs::create_symlink("..", root() + "/dir");
  fs::create_symlink("/proc/self/root", root() + "/magic");
  const auto store = open();
  for (const char* key : {"absolute", "upwards", "dir/secret", "magic/etc/passwd"}) {
    const auto op = read_byte(*store, key);
    EXPECT_EQ(op.outcome, Outcome::kError) << key;
    EXPECT_EQ(op.status.code(), Code::kIoError) << key;
    EXPECT_FALSE(store->stat(key).ok()) << key;
    EXPECT_FALSE(store->write_at(key, 0, pattern(1, 0), 1).ok()) << key;
  }
  std::ifstream secret(dir_.path() + "/secret");
  EXPECT_EQ(secret.get(), 's');
}

TEST_F(FileStoreTest, LinksThatStayInsideWorkAndDanglingOnesAreNotMissing) {
  fs::create_directory(root() + "/real");
  write_file(root() + "/real/x", "x");
  fs::create_symlink("real", root() + "/link");
  fs::create_symlink("nothing", root() + "/dangling");
  const auto store = open();
  EXPECT_EQ(read_byte(*store, "link/x").outcome, Outcome::kData);
  EXPECT_EQ(read_byte(*store, "link/gone").outcome, Outcome::kMissing);
  EXPECT_EQ(read_byte(*store, "dangling").status.code(), Code::kIoError);
  EXPECT_EQ(read_byte(*store, "dangling/x").status.code(), Code::kIoError);
}

TEST_F(FileStoreTest, S5OnlyRegularFilesAreRead) {
  ASSERT_EQ(::mkfifo((root() + "/fifo").c_str(), 0600), 0);
  fs::create_directory(root() + "/directory");
  const bool device = ::mknod((root() + "/null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0;
  const auto store = open();
  for (const std::string key : {"fifo", "directory", "null"}) {
    if (key == "null" && !device) continue;  // making a device takes root
    const auto op = read_byte(*store, key);
    EXPECT_EQ(op.status.code(), Code::kIoError) << key;
    EXPECT_NE(op.status.message().find("regular"), std::string::npos) << op.status.message();
    EXPECT_FALSE(store->write_at(key, 0, pattern(1, 0), 1).ok()) << key;
  }
}

TEST_F(FileStoreTest, S5SwapBetweenFileAndLinkNeverLeadsOut) {
  write_file(dir_.path() + "/secret", "s");
  FileStore::Tuning tuning;
  tuning.fd_max_age = std::chrono::milliseconds(-1);
  const auto store = open({}, tuning);
  std::atomic<bool> stop{false};
  std::thread swapper([&] {
    while (!stop) {
      write_file(root() + "/tmp", "i");
      fs::rename(root() + "/tmp", root() + "/x");
      fs::create_symlink(dir_.path() + "/secret", root() + "/tmp");
      fs::rename(root() + "/tmp", root() + "/x");
    }
  });
  for (int i = 0; i < 3000; ++i) {
    if (read_byte(*store, "x").outcome != Outcome::kData) continue;
    EXPECT_EQ(out_[0], std::byte{'i'});
  }
  stop = true;
  swapper.join();
}

TEST_F(FileStoreTest, RemovedRootIsAnErrorAndNotMissing) {
  const auto store = open();
  EXPECT_EQ(read_byte(*store, "c/0").outcome, Outcome::kMissing);
  fs::remove_all(root());
  EXPECT_EQ(read_byte(*store, "c/0").outcome, Outcome::kError);
  EXPECT_FALSE(store->stat("c/0").ok());
  EXPECT_FALSE(store->list("", 10).ok());
}

TEST_F(FileStoreTest, TruncationUnderAnOpenFileIsCorrupt) {
  const auto store = open();
  ASSERT_TRUE(store->put("x", pattern(100000, 1)).ok());
  EXPECT_EQ(read_range(*store, "x", {90000, 100}, out_).outcome, Outcome::kData);
  fs::resize_file(root() + "/x", 5000);
  const auto op = read_range(*store, "x", {90000, 100}, out_);
  EXPECT_EQ(op.status.code(), Code::kCorrupt);
  EXPECT_NE(op.status.message().find("5000"), std::string::npos) << op.status.message();
}

TEST_F(FileStoreTest, ReadOnlyStoreRefusesWrites) {
  auto store = open_store("file://" + root(), {});
  ASSERT_TRUE(store.ok());
  EXPECT_EQ((*store)->put("x", {}).code(), Code::kReadOnly);
  EXPECT_EQ((*store)->write_at("x", 0, {}, 1).code(), Code::kReadOnly);
  EXPECT_EQ((*store)->remove("x").code(), Code::kReadOnly);
  EXPECT_FALSE((*store)->can_write_at());
}

TEST_F(FileStoreTest, OpenNamesWhatIsWrong) {
  EXPECT_EQ(open_store(root() + "/none", {}).status().code(), Code::kNotFound);
  write_file(root() + "/file", "x");
  EXPECT_EQ(open_store(root() + "/file", {}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(open_store("file://host/x", {}).status().code(), Code::kInvalidArgument);
  const auto unknown = open_store("gopher://x", {}).status();
  EXPECT_EQ(unknown.code(), Code::kUnsupported);
  EXPECT_NE(unknown.message().find("file://"), std::string::npos);
  StoreOptions create;
  create.writable = create.create = true;
  EXPECT_TRUE(open_store(root() + "/a/b", create).ok());
}

TEST_F(FileStoreTest, SmallReadTransfersAtMostItsBlock) {
  Metrics metrics;
  StoreOptions options;
  options.metrics = &metrics;
  const auto store = open(options);
  ASSERT_TRUE(store->put("x", pattern(1 << 20, 1)).ok());
  EXPECT_EQ(read_range(*store, "x", {40960, 1000}, out_).outcome, Outcome::kData);
  EXPECT_LE(metrics.counter("store_read_bytes_total", "").value(), 4096U);
  EXPECT_EQ(metrics.counter("store_requested_bytes_total", "").value(), 1000U);
  EXPECT_EQ(metrics.counter("store_open_total", "").value(), 1U);
}

// Reads 300 objects in one batch from 4 threads; the exit status says whether all came right.
int read_with_few_descriptors(const std::string& root, rlim_t limit) {
  const rlimit few = {limit, limit};
  if (::setrlimit(RLIMIT_NOFILE, &few) != 0) return 2;
  auto store = FileStore::open(root, {}, {});
  if (!store.ok()) return 3;
  std::atomic<int> wrong{0};
  const auto read_all_of_them = [&] {
    std::vector<std::string> keys;
    for (int i = 0; i < 300; ++i) keys.push_back("c/" + std::to_string(i));
    std::vector<ByteVector> out(keys.size(), ByteVector(3000));
    std::vector<MutableBytes> dests(out.begin(), out.end());
    std::vector<ReadOp> ops(keys.size());
    for (size_t i = 0; i < ops.size(); ++i) {
      ops[i].key = keys[i];
      ops[i].range = {0, 3000};
      ops[i].dests = {&dests[i], 1};
    }
    (*store)->read(ops);
    for (size_t i = 0; i < ops.size(); ++i) {
      const auto expected = pattern(3000, static_cast<unsigned>(i));
      if (ops[i].outcome != Outcome::kData || out[i] != expected) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back(read_all_of_them);
  for (auto& thread : threads) thread.join();
  return wrong == 0 ? 0 : 1;
}

// As above, for what is done by name while other threads hold every descriptor for a while.
int look_without_descriptors(const std::string& root) {
  const rlimit few = {32, 32};
  if (::setrlimit(RLIMIT_NOFILE, &few) != 0) return 2;
  auto store = FileStore::open(root, {}, {});
  if (!store.ok()) return 3;
  std::vector<int> taken;
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY)) >= 0;) taken.push_back(fd);
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    for (const int fd : taken) ::close(fd);
  });
  ByteVector out;
  const auto info = (*store)->stat("c/0");
  const auto gone = (*store)->stat("c/gone");
  const auto list = (*store)->list("c", 1000);
  const auto data = read_range(**store, "c/0", {0, 1}, out);
  release.join();
  const bool right = info.ok() && info->exists && gone.ok() && !gone->exists && list.ok() &&
                     list->size() == 300 && data.outcome == Outcome::kData;
  return right ? 0 : 1;
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr const char* kNoDescriptorsForChecks =
    "the sanitizer's own checks need a pipe and take a failure for a bad pointer";

TEST_F(FileStoreTest, R40FewDescriptors) {
  if (kSanitized) GTEST_SKIP() << kNoDescriptorsForChecks;
  const auto store = open();
  for (unsigned i = 0; i < 300; ++i) {
    ASSERT_TRUE(store->put("c/" + std::to_string(i), pattern(3000, i)).ok());
  }
  for (const rlim_t limit : {rlim_t{64}, rlim_t{16}}) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(read_with_few_descriptors(root(), limit));
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << limit << ": " << status;
  }
}

TEST_F(FileStoreTest, R40LookUpsWaitForDescriptors) {
  if (kSanitized) GTEST_SKIP() << kNoDescriptorsForChecks;
  const auto store = open();
  for (unsigned i = 0; i < 300; ++i) {
    ASSERT_TRUE(store->put("c/" + std::to_string(i), pattern(1, i)).ok());
  }
  const pid_t child = ::fork();
  if (child == 0) ::_exit(look_without_descriptors(root()));
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(FileStoreTest, R40OutOfDescriptorsProvesNothingMissing) {
  if (kSanitized) GTEST_SKIP() << kNoDescriptorsForChecks;
  fs::create_symlink("nothing", root() + "/dangling");
  auto dir = RootedDir::open(root(), false);
  ASSERT_TRUE(dir.ok());
  rlimit old = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit none = {0, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  bool starved = false;
  const Status proof = dir->prove_missing("dangling", &starved);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_TRUE(starved);
  EXPECT_FALSE(proof.ok());
}

TEST_F(FileStoreTest, ListHidesWhatIsNoObject) {
  const auto store = open();
  ASSERT_TRUE(store->put("x", {}).ok());
  write_file(root() + "/.neurofs-tmp.1.2", "half");
  ASSERT_EQ(::mkfifo((root() + "/fifo").c_str(), 0600), 0);
  fs::create_symlink("/etc", root() + "/out");
  const auto list = store->list("", 10);
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ((*list)[0].name, "x");
}

}  // namespace
}  // namespace neurofs::test
