#include "core/engine/foresight.h"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "core/engine/field_state.h"
#include "core/engine/learned_orders.h"
#include "core/engine/tiered_memory.h"
#include "tests/engine/engine_fixture.h"
#include "tests/storage/temp_dir.h"

namespace neurofs {
namespace {

// Says what the test has it say, and writes down what it is told.
struct Script {
  std::mutex mutex;
  std::vector<Access> seen;
  std::vector<uint64_t> wasted;
  std::vector<Proposal> next;  // proposed at the next read
  bool wanted = true;
  std::string restored;
  PredictorLimits limits;
};
Script* script = nullptr;

class ScriptedPredictor final : public Predictor {
 public:
  void observe(const Access& access, std::vector<Proposal>* out) override {
    const std::lock_guard lock(script->mutex);
    script->seen.push_back(access);
    out->insert(out->end(), script->next.begin(), script->next.end());
    script->next.clear();
  }
  void wasted(uint64_t block) override { script->wasted.push_back(block); }
  bool wants(uint32_t) const override { return script->wanted; }
  std::string save() const override { return "kept"; }
  bool restore(std::string_view saved) override {
    script->restored = saved;
    return saved == "kept";
  }
  size_t memory_bytes() const override { return sizeof(*this); }
};

const Registration<PredictorRegistry> kScripted(
    "scripted", "for these tests", [](const PredictorLimits& limits) -> std::unique_ptr<Predictor> {
      script->limits = limits;
      return std::make_unique<ScriptedPredictor>();
    });

class ForesightTest : public EngineFixture {
 protected:
  void SetUp() override { script = &script_; }
  void TearDown() override {
    engine.reset();
    field.reset();
    script = nullptr;
  }
  // 64 x 64 numbers in chunks of 32 x 32, each one block: blocks on disk 0 1 / 2 3, in index space as well.
  // Gzip keeps chunks whole; raw ones of 4 KiB are single blocks anyhow.
  FieldState& state() { return static_cast<FieldState&>(*field); }
  uint64_t count(const std::string& name) {
    for (const auto& sample : engine->metrics().snapshot()) {
      if (sample.name == name) return static_cast<uint64_t>(sample.value);
    }
    return 0;
  }
  bool arrives(uint64_t block) {
    for (int i = 0; i < 2000; ++i) {
      if (state().cache().contains(state().generation().key(block))) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  Script script_;
};

TEST_F(ForesightTest, TellsWhereAReadFellInIndexSpaceAndHowItEnded) {
  // Blocks are 8 rows of a chunk (16 x 32 numbers): on disk chunk (0, 1) begins at block 2.
  make({32, 4096}, {32, 256}, {32, 256}, nullptr, 8 << 20, true, "scripted");
  ASSERT_EQ(state().grid().block_shape(), (Dims{4, 256}));
  read(parse_region("4,256:257", {32, 4096}).value());
  read(parse_region("4,256:257", {32, 4096}).value());
  read(parse_region("8,0:1024", {32, 4096}).value());
  ASSERT_EQ(script_.seen.size(), 3u);
  EXPECT_EQ(script_.seen[0].run, (BlockRun{16 + 1, 1})) << "row 1 of blocks, column 1";
  EXPECT_EQ(script_.seen[0].outcome, AccessOutcome::kMiss);
  EXPECT_EQ(script_.seen[1].outcome, AccessOutcome::kHit);
  EXPECT_EQ(script_.seen[2].run, (BlockRun{2 * 16, 4})) << "four chunks, neighbours in index space";
}

TEST_F(ForesightTest, TellsAllThatAReplyFromPinnedBlocksTouched) {
  make({1024, 1024}, {1024, 1024}, {1024, 1024}, nullptr, 8 << 20, true, "scripted");
  const RegionReader reader(field, whole_region({1024, 1024}));
  ASSERT_TRUE(reader.read_pinned(8 * 4096, 64 << 10, 1).ok());
  ASSERT_TRUE(reader.read_pinned(20 * 4096, 64 << 10, 1).ok());
  ASSERT_EQ(script_.seen.size(), 2u);
  EXPECT_EQ(script_.seen[0].run, (BlockRun{8, 16}));
  EXPECT_EQ(script_.seen[1].run, (BlockRun{20, 16})) << "of which four were here";
}

// Else a run would be foretold that nobody reads.
TEST_F(ForesightTest, AScatteredReadIsToldByWhereItBegins) {
  make({1024, 1024}, {1024, 1024}, {1024, 1024}, nullptr, 8 << 20, true, "scripted");
  read(parse_region("100:900:50,0:1", {1024, 1024}).value());
  ASSERT_EQ(script_.seen.size(), 1u);
  EXPECT_EQ(script_.seen[0].run, (BlockRun{100, 1}));
}

TEST_F(ForesightTest, RandomAccessTellsOfTheFirstUseOfWhatWasFetchedAhead) {
  make({1024, 1024}, {1024, 1024}, {1024, 1024}, nullptr, 8 << 20, true, "scripted");
  const TieredMemory memory(field);
  script_.next = {{{11, 1}, 0}};
  ASSERT_TRUE(memory.get(10).ok());
  ASSERT_TRUE(arrives(11));
  ASSERT_TRUE(memory.get(11).ok());
  ASSERT_TRUE(memory.get(11).ok());
  ASSERT_EQ(script_.seen.size(), 2u) << "a miss, and a first use; other hits cost nothing";
  EXPECT_EQ(script_.seen[1].run, (BlockRun{11, 1}));
  EXPECT_EQ(script_.seen[1].outcome, AccessOutcome::kHit);
}

TEST_F(ForesightTest, FetchesWhatIsProposedInIndexSpace) {
  make({32, 4096}, {32, 256}, {32, 256}, nullptr, 8 << 20, true, "scripted");
  script_.next = {{{16 + 2, 3}, 0}};
  read(parse_region("0,0:1", {32, 4096}).value());
  for (const uint64_t column : {2, 3, 4}) {
    const uint64_t block = state().grid().from_index(16 + column);
    EXPECT_TRUE(arrives(block));
  }
  EXPECT_FALSE(
      state().cache().contains(state().generation().key(state().grid().from_index(16 + 5))));
  // What was fetched ahead is a hit, once it is there.
  read(parse_region("4,512:513", {32, 4096}).value());
  EXPECT_EQ(script_.seen.back().outcome, AccessOutcome::kHit);
  EXPECT_EQ(count("prefetch_used_blocks_total"), 1u);
}

// Else the predictor would count as fetched what was cut off.
TEST_F(ForesightTest, FetchesAllOfARunThatIsNoneOnDisk) {
  make({2560, 2048}, {2560, 256}, {2560, 256}, nullptr, 256 << 20, true, "scripted");
  ASSERT_FALSE(state().grid().in_index_order());
  ASSERT_EQ(state().grid().block_count(), 5120u);
  EXPECT_EQ(script_.limits.max_ahead_blocks, Foresight::kMostScattered);
  script_.next = {{{7, 5000}, 0}};
  read(parse_region("0,0:1", {2560, 2048}).value());
  state().engine_state().prefetchers().drain();
  for (uint64_t i = 7; i < 5007; ++i) {
    const uint64_t block = state().grid().from_index(i);
    ASSERT_TRUE(state().cache().contains(state().generation().key(block))) << i;
  }
}

TEST_F(ForesightTest, WhatItsStreamNoLongerWantsIsNotFetched) {
  make({32, 4096}, {32, 256}, {32, 256}, nullptr, 8 << 20, true, "scripted");
  script_.wanted = false;
  script_.next = {{{40, 8}, 7}};
  read(parse_region("0,0:1", {32, 4096}).value());
  state().engine_state().prefetchers().drain();
  EXPECT_FALSE(state().cache().contains(state().generation().key(state().grid().from_index(40))));
  EXPECT_EQ(count("ram_loads_total"), 1u) << "the read's own";
}

TEST_F(ForesightTest, HearsOfWhatWasFetchedInVain) {
  // 24 blocks of memory, each 4 KiB.
  make({1024, 1024}, {1024, 1024}, {1024, 1024}, nullptr, 112 << 10, true, "scripted");
  script_.next = {{{500, 1}, 0}};
  read(parse_region("0,0:1", {1024, 1024}).value());
  ASSERT_TRUE(arrives(500));
  for (int row = 1; row < 60; ++row) {
    read(parse_region(std::to_string(row) + ",0:1", {1024, 1024}).value());
  }
  EXPECT_EQ(script_.wasted, std::vector<uint64_t>{500});
}

class LearnedOrdersTest : public ForesightTest {
 protected:
  void attach() {
    EngineOptions options;
    options.ram_bytes = 1 << 20;
    options.predictor = "scripted";
    options.learn_dir = dir.path() + "/learned";
    field.reset();
    engine = Engine::create(options).value();
    field = engine->attach(stored).value();
  }
  test::TempDir dir;
};

TEST_F(LearnedOrdersTest, GoFromOneMountToTheNext) {
  make({64, 64}, {64, 64}, {64, 64}, nullptr, 1 << 20, true, "scripted");
  attach();
  EXPECT_EQ(script_.restored, "") << "nothing is known at first";
  attach();
  EXPECT_EQ(script_.restored, "kept");
}

TEST_F(LearnedOrdersTest, FollowNoLinkAndReadNoFileWithoutEnd) {
  make({64, 64}, {64, 64}, {64, 64}, nullptr, 1 << 20, true, "scripted");
  const auto learned = LearnedOrders::open(dir.path()).value();
  learned->save("memory://a", "order");
  EXPECT_EQ(learned->load("memory://a"), "order");
  EXPECT_EQ(learned->load("memory://b"), "");
  for (const auto& file : std::filesystem::directory_iterator(dir.path())) {
    std::filesystem::resize_file(file, LearnedOrders::kMostBytes + 1);
    EXPECT_EQ(learned->load("memory://a"), "");
    std::filesystem::remove(file);
    std::filesystem::create_symlink("/etc/passwd", file);
  }
  EXPECT_EQ(learned->load("memory://a"), "");
}

TEST_F(LearnedOrdersTest, WaitForNoPipe) {
  const auto learned = LearnedOrders::open(dir.path()).value();
  learned->save("memory://a", "order");
  const std::filesystem::path file = *std::filesystem::directory_iterator(dir.path());
  std::filesystem::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(learned->load("memory://a"), "");
}

// Two mounts of one field may end at the same moment; what stands there is one's or the other's.
TEST_F(LearnedOrdersTest, OfTwoMountsDoNotMix) {
  const std::string a(300'000, 'a');
  const std::string b(200'000, 'b');
  const auto write = [&](const std::string& order) {
    const auto learned = LearnedOrders::open(dir.path()).value();
    for (int i = 0; i < 100; ++i) learned->save("memory://a", order);
  };
  std::thread other([&] { write(b); });
  const auto learned = LearnedOrders::open(dir.path()).value();
  testing::internal::CaptureStderr();
  write(a);
  other.join();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  const std::string found = learned->load("memory://a");
  EXPECT_TRUE(found == a || found == b) << found.size();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST_F(LearnedOrdersTest, ClearAwayWhatAKilledMountLeftHalfWritten) {
  const auto plant = [&](const std::string& name, std::chrono::hours age) {
    const std::filesystem::path file = std::filesystem::path(dir.path()) / name;
    std::ofstream(file) << "half";
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
    return file;
  };
  const auto old = plant("order-00000001-12.new-345", std::chrono::hours(2));
  const auto young = plant("order-00000002-12.new-345", std::chrono::hours(0));
  const auto order = plant("order-00000003-12", std::chrono::hours(1000));
  const auto foreign = plant("notes.new-1", std::chrono::hours(1000));
  ASSERT_TRUE(LearnedOrders::open(dir.path()).ok());
  EXPECT_FALSE(std::filesystem::exists(old));
  for (const auto& file : {young, order, foreign}) EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(LearnedOrdersTest, SayWhyTheyCannotBeKept) {
  const auto learned = LearnedOrders::open(dir.path()).value();
  struct rlimit old = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {4096, old.rlim_max};  // part of it is written
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  testing::internal::CaptureStderr();
  learned->save("memory://a", std::string(10'000, 'a'));
  const std::string said = testing::internal::GetCapturedStderr();
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(said.find("File too large"), std::string::npos) << said;
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 0);
}

TEST_F(LearnedOrdersTest, AreKeptInNoDirectoryThatOthersWrite) {
  ASSERT_EQ(::chmod(dir.path().c_str(), 0777), 0);
  const auto open = LearnedOrders::open(dir.path());
  ASSERT_FALSE(open.ok());
  EXPECT_EQ(open.status().code(), Code::kPermission);
  EXPECT_NE(open.status().message().find("chmod"), std::string::npos);
}

}  // namespace
}  // namespace neurofs
