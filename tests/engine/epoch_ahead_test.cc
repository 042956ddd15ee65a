// EpochAhead over a real engine: what is fetched how often, and that it ends when it should.
#include "core/engine/epoch_ahead.h"

#include <atomic>
#include <random>
#include <thread>

#include "core/geometry/neuron_order.h"
#include "tests/engine/belady.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/silent_far_store.h"
#include "tests/storage/fault_store.h"

namespace neurofs {
namespace {

constexpr Index kNeurons = 4096;
constexpr Index kFeatures = 256;  // 1 KiB a neuron

// Neurons by an order, `rows` of them in a block.
class Rows final : public EpochSource {
 public:
  Rows(const char* name, Index rows)
      : order_(shuffled_order(parse_order_name(name).value(), kNeurons)), rows_(rows) {}
  Index size() const override { return kNeurons; }
  void add_blocks(Index first, Index last, std::vector<uint64_t>* blocks) const override {
    for (Index p = first; p < last; ++p) blocks->push_back(block(p));
  }
  Index next_use(uint64_t b, Index from) const override {
    Index next = kNever;
    for (Index n = static_cast<Index>(b) * rows_; n < (static_cast<Index>(b) + 1) * rows_; ++n) {
      const Index p = *order_->position_of(n);
      if (p >= from) next = std::min(next, p);
    }
    return next;
  }
  Index group_end(Index position) const override { return order_->window_end(position); }
  bool shares_blocks() const override { return true; }
  uint64_t block(Index position) const {
    return static_cast<uint64_t>(order_->at(position) / rows_);
  }
  const NeuronOrder& order() const { return *order_; }

 private:
  const std::shared_ptr<const NeuronOrder> order_;
  const Index rows_;
};

class EpochAheadTest : public EngineFixture {
 protected:
  static constexpr const char* kZstd =
      R"([{"name":"bytes","configuration":{"endian":"little"}},{"name":"zstd","configuration":{"level":1,"checksum":false}}])";

  // Compressed: chunks of 16 neurons, each a block; else blocks of 4 KiB, of 4 neurons.
  void open(const char* order, bool compressed, uint64_t ram) {
    make({kNeurons, kFeatures}, {compressed ? 16 : 256, kFeatures}, {},
         compressed ? kZstd : nullptr, ram);
    begin(order, compressed ? 16 : 4);
  }
  void begin(const char* order, Index rows_per_block) {
    auto source = std::make_unique<Rows>(order, rows_per_block);
    rows = source.get();
    ahead = std::make_shared<EpochAhead>(std::static_pointer_cast<FieldState>(field),
                                         std::move(source));
  }
  void TearDown() override {
    if (ahead) ahead->stop();
  }

  void read(Index first, Index last) {
    for (Index p = first; p < last; ++p) {
      const RegionReader reader(field, neuron_region(field->spec(), rows->order().at(p)));
      std::vector<uint32_t> out(kFeatures);
      const Status status = reader.read(0, std::as_writable_bytes(std::span(out)), 1);
      ASSERT_TRUE(status.ok()) << status.to_string();
      ASSERT_EQ(out[7], static_cast<uint32_t>(rows->order().at(p) * kFeatures + 7));
    }
    ahead->read(first, last);
  }
  // As slow as it takes for what is fetched ahead to come.
  void read_slowly(Index first, Index last, Index step) {
    for (Index p = first; p < last; p += step) {
      read(p, std::min(p + step, last));
      settle();
    }
  }
  void settle() {
    auto& state = static_cast<FieldState&>(*field).engine_state();
    state.prefetchers().drain();
  }
  uint64_t count(const char* name) { return engine->metrics().counter(name, "").value(); }
  uint64_t loads() { return count("ram_loads_total"); }
  uint64_t misses() { return count("ram_misses_total"); }

  const Rows* rows = nullptr;
  std::shared_ptr<EpochAhead> ahead;
};

TEST_F(EpochAheadTest, AnEpochFetchesEveryBlockOnceAndWaitsForFew) {
  open("shuffle=1,block=64,buffer=4", false, 4 << 20);
  read_slowly(0, kNeurons, 16);
  EXPECT_EQ(loads(), static_cast<uint64_t>(kNeurons / 4));
  EXPECT_LT(misses(), 130u);  // of 1024: until the first window is fetched as a whole
}

// As seldom as Belady's rule allows with what is kept but for the lead, and far below what any cache without a
// schedule does in all its memory.
TEST_F(EpochAheadTest, ChunksAreKeptWhileTheyAreNeeded) {
  open("shuffle=2", true, 1 << 20);
  read_slowly(0, kNeurons, 4);
  std::vector<uint64_t> accesses;
  rows->add_blocks(0, kNeurons, &accesses);
  const uint64_t held = EpochRun::most_held(static_cast<FieldState&>(*field), 1);
  EXPECT_LE(loads(), least_fetches(accesses, held - held / 4 - 2));
  EXPECT_LT(misses(), static_cast<uint64_t>(kNeurons) / 8);
}

TEST_F(EpochAheadTest, NothingIsFetchedForRandomReads) {
  open("shuffle=3", false, 1 << 20);
  std::mt19937_64 random(3);
  for (int i = 0; i < 200; ++i) {
    const auto at = static_cast<Index>(random() % kNeurons);
    ahead->read(at, at + 1);
  }
  settle();
  EXPECT_EQ(loads(), 0u);
}

TEST_F(EpochAheadTest, AReaderWhoJumpsIsFollowedAgain) {
  open("shuffle=4", false, 1 << 20);
  read_slowly(0, 400, 8);
  const uint64_t before = misses();
  read_slowly(2500, 3300, 8);
  EXPECT_LT(misses() - before, 100u);  // of 800
  EXPECT_EQ(ahead->runs(), 1u);
}

TEST_F(EpochAheadTest, TwoReadersAtOnce) {
  open("shuffle=5", false, 2 << 20);
  for (Index p = 0; p < kNeurons / 2; p += 8) {
    read(p, p + 8);
    read(kNeurons / 2 + p, kNeurons / 2 + p + 8);
    settle();
  }
  EXPECT_LT(misses(), 120u);
}

// In any order of threads; and TSan looks on.
TEST_F(EpochAheadTest, WorkersThatTakeTurns) {
  for (const char* order : {"shuffle=6", "shuffle=6,block=64,buffer=4"}) {
    open(order, false, 1 << 20);
    std::atomic<Index> next{0};
    std::vector<std::thread> workers;
    for (int w = 0; w < 4; ++w) {
      workers.emplace_back([&] {
        for (;;) {
          const Index batch = next.fetch_add(32);
          if (batch >= kNeurons) return;
          read(batch, batch + 32);
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
    ahead->stop();
  }
}

// Budgets from the least there is: a reader never fails nor waits for what is kept for later.
TEST_F(EpochAheadTest, SmallBudgets) {
  for (const uint64_t ram : {64u << 10, 96u << 10, 200u << 10, 400u << 10}) {
    for (const bool compressed : {false, true}) {
      open("shuffle=8", compressed, ram);
      read(0, 600);
      read(3000, 3200);
      ahead->stop();
      EXPECT_LE(engine->ram_peak(), ram);
    }
  }
}

// Another field's block needs nearly all memory that there is, while much is kept for a reader who has stopped.
TEST_F(EpochAheadTest, WhoNeedsTheMemoryGetsIt) {
  open("shuffle=9", false, 512 << 10);
  read_slowly(0, 600, 8);
  const Region region = parse_region("0:300", field->spec().shape).value();
  EXPECT_EQ(this->EngineFixture::read(region).size(), 300u * kFeatures);
  CreateOptions create;
  create.shape = {2, 98'304};  // one chunk of 384 KiB
  create.dtype = DataType::kUint32;
  create.chunk_shape = {1, 98'304};
  create.codecs = nlohmann::json::parse(kZstd);
  auto other = std::make_shared<MemoryStore>();
  ASSERT_TRUE(create_field(*other, "", create).ok());
  const auto second = open_stored_field(other, "", {}).value();
  const std::vector<uint32_t> values(2 * 98'304, 5);
  auto writer = std::move(FieldWriter::open(second)).value();
  ASSERT_TRUE(writer->write(whole_region({2, 98'304}), std::as_bytes(std::span(values))).ok());
  const auto large = engine->attach(second).value();
  const RegionReader reader(large, whole_region({2, 98'304}));
  std::vector<uint32_t> out(98'304);
  const ReadScope scope(nullptr, ReadScope::Clock::now() + std::chrono::minutes(1));
  const Status status = reader.read(0, std::as_writable_bytes(std::span(out)), 1);
  EXPECT_TRUE(status.ok()) << status.to_string();
  read(600, 700);  // and on it goes
}

// Whether nobody has been promised memory.
bool nothing_is_kept(const std::shared_ptr<Field>& field) {
  return static_cast<bool>(static_cast<FieldState&>(*field).keep_ahead({}, 0));
}

TEST_F(EpochAheadTest, WhatChangedIsNotKept) {
  open("shuffle=10", false, 1 << 20);
  const auto source = std::make_shared<Rows>("shuffle=10", 4);
  const auto run = EpochRun::begin(std::static_pointer_cast<FieldState>(field), source, 0);
  EXPECT_EQ(run->step({{0, 30}}), EpochRun::Step::kFetched);
  EXPECT_FALSE(nothing_is_kept(field));
  field->invalidate();
  EXPECT_EQ(run->step({{30, 40}}), EpochRun::Step::kEnded);
  EXPECT_TRUE(nothing_is_kept(field));
  read_slowly(0, 600, 8);
  EXPECT_EQ(ahead->runs(), 1u);
}

TEST_F(EpochAheadTest, NothingIsKeptOnceABlockCannotBeHad) {
  open("shuffle=10", false, 1 << 20);
  const auto faults = std::make_shared<test::FaultStore>(store);
  field = engine->attach(open_stored_field(faults, "", {}).value()).value();
  const auto source = std::make_shared<Rows>("shuffle=10", 4);
  const auto run = EpochRun::begin(std::static_pointer_cast<FieldState>(field), source, 0);
  EXPECT_EQ(run->step({{0, 30}}), EpochRun::Step::kFetched);
  EXPECT_FALSE(nothing_is_kept(field));
  faults->add({.key_part = ""});
  EXPECT_EQ(run->step({{30, 90}}), EpochRun::Step::kEnded);
  EXPECT_TRUE(nothing_is_kept(field));
}

TEST_F(EpochAheadTest, WhatHasBeenReadToTheEndIsNotKept) {
  open("shuffle=10", false, 1 << 20);
  read_slowly(0, kNeurons - 8, 8);
  EXPECT_FALSE(nothing_is_kept(field));
  read_slowly(kNeurons - 8, kNeurons, 8);
  EXPECT_TRUE(nothing_is_kept(field));
  EXPECT_EQ(ahead->runs(), 0u);
}

// Epochs of fifty seeds: the last finds as much memory as the first.
TEST_F(EpochAheadTest, WhoHasReadToTheEndHasNoShare) {
  open("shuffle=12", false, 1 << 20);
  std::vector<std::shared_ptr<EpochAhead>> readers;
  for (int seed = 0; seed < 50; ++seed) {
    begin(("shuffle=" + std::to_string(seed)).c_str(), 4);
    readers.push_back(ahead);
    for (Index p = 0; p < kNeurons; p += 64) {
      ahead->read(p, p + 64);
      settle();
    }
  }
  AheadHolders& holders = static_cast<FieldState&>(*field).engine_state().ahead_holders();
  EXPECT_EQ(holders.count(), 0u);
  const uint64_t first = misses();
  begin("shuffle=50", 4);
  read_slowly(0, 1024, 8);
  EXPECT_LT(misses() - first, 100u);
  EXPECT_EQ(holders.count(), 1u);
}

// An order whose first next_use() takes long, as a selection that has to be sorted.
class SlowRows final : public EpochSource {
 public:
  void prepare() const override {
    entered = true;
    entered.notify_all();
    go_on.wait(false);
  }
  Index size() const override { return kNeurons; }
  void add_blocks(Index first, Index last, std::vector<uint64_t>* blocks) const override {
    for (Index p = first; p < last; ++p) blocks->push_back(static_cast<uint64_t>(p / 4));
  }
  Index next_use(uint64_t /*block*/, Index /*from*/) const override { return kNever; }
  Index group_end(Index /*position*/) const override { return kNever; }
  bool shares_blocks() const override { return true; }

  mutable std::atomic<bool> entered{false};
  mutable std::atomic<bool> go_on{false};
};

TEST_F(EpochAheadTest, NobodyWaitsWhileAnOrderIsPrepared) {
  open("shuffle=13", false, 1 << 20);
  const auto slow = std::make_shared<SlowRows>();
  const auto reader =
      std::make_shared<EpochAhead>(std::static_pointer_cast<FieldState>(field), slow);
  for (Index p = 0; p < 32; p += 8) reader->read(p, p + 8);
  slow->entered.wait(false);
  static_cast<FieldState&>(*field).engine_state().ahead_holders().let_go();
  reader->read(32, 40);
  reader->stop();
  slow->go_on = true;
  slow->go_on.notify_all();
  settle();
  EXPECT_TRUE(nothing_is_kept(field));
}

class EpochAheadFar : public EpochAheadTest {
 protected:
  void SetUp() override {
    far = std::make_shared<SilentFarStore>();
    CreateOptions create;
    create.shape = {kNeurons, kFeatures};
    create.dtype = DataType::kUint32;
    create.chunk_shape = {256, kFeatures};
    ASSERT_TRUE(create_field(*far, "", create).ok());
    stored = open_stored_field(far, "", {}).value();
    dense.resize(kNeurons * kFeatures);
    std::iota(dense.begin(), dense.end(), 0U);
    auto writer = std::move(FieldWriter::open(stored)).value();
    const auto bytes = std::as_bytes(std::span(dense));
    ASSERT_TRUE(writer->write(whole_region({kNeurons, kFeatures}), bytes).ok());
    EngineOptions options;
    options.ram_bytes = 4 << 20;
    options.predictor = "none";
    engine = Engine::create(options).value();
    field = engine->attach(stored).value();
    begin("shuffle=11", 4);
    for (Index p = 0; p < 32 && far->waiting == 0; p += 8) {
      ahead->read(p, p + 8);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ASSERT_GT(far->waiting, 0);
  }
  void await_nothing() {
    for (int i = 0; i < 1000 && far->waiting > 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(far->waiting, 0);
  }
  std::shared_ptr<SilentFarStore> far;
};

TEST_F(EpochAheadFar, TheEndOfAMountEndsIt) {
  EXPECT_TRUE(engine->end_prefetches(std::chrono::minutes(1)));
  EXPECT_EQ(far->waiting, 0);
}

TEST_F(EpochAheadFar, StopCancelsWhatIsOnItsWay) {
  ahead->stop();
  await_nothing();
}

// A reader who meets a block that is on its way fetches it himself once that is cancelled.
TEST_F(EpochAheadFar, AReaderDoesNotShareItsFate) {
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ahead->stop();
  });
  read(0, 64);
  later.join();
  await_nothing();
}

TEST_F(EpochAheadFar, MayBeLetGoOfWhileItFetches) {
  ahead->stop();
  ahead.reset();
  field.reset();
  await_nothing();
}

}  // namespace
}  // namespace neurofs
