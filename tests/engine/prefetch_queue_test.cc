// PrefetchQueue on an executor of one thread, which the test holds up until everything is queued.

#include "core/engine/prefetch_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "core/engine/field_state.h"
#include "tests/engine/engine_fixture.h"

namespace neurofs {
namespace {

constexpr uint32_t kUnwanted = 7;
constexpr uint32_t kThrows = 9;

class ByGroup final : public Predictor {
 public:
  void observe(const Access&, std::vector<Proposal>*) override {}
  void wasted(uint64_t) override {}
  bool wants(uint32_t group) const override {
    if (group == kThrows) throw std::runtime_error("for this test");
    return group != kUnwanted;
  }
  std::string save() const override { return {}; }
  bool restore(std::string_view) override { return true; }
  size_t memory_bytes() const override { return sizeof(*this); }
};

const Registration<PredictorRegistry> kByGroup(
    "by-group", "for these tests", [](const PredictorLimits&) -> std::unique_ptr<Predictor> {
      return std::make_unique<ByGroup>();
    });

struct Fetchers {
  PrefetchQueue queue{executor, 1};
  Executor executor{1, 64};
};

// Counts batches, and may be what holds the threads that read from it.
class CountingStore final : public MemoryStore {
 public:
  ~CountingStore() override {
    if (on_end) on_end();
  }
  void read(std::span<ReadOp> batch) override {
    ++reads;
    if (on_read) on_read();
    MemoryStore::read(batch);
  }
  std::atomic<int> reads{0};
  std::function<void()> on_read;
  std::function<void()> on_end;
};

class PrefetchQueueTest : public EngineFixture {
 protected:
  void SetUp() override {
    EngineOptions options;
    options.ram_bytes = 16 << 20;
    options.predictor = "by-group";
    engine = Engine::create(options).value();
    field = attach(counting);
  }
  // 1024 blocks of 4 KiB in one chunk.
  std::shared_ptr<Field> attach(const std::shared_ptr<CountingStore>& to) {
    CreateOptions create;
    create.shape = {4096, 256};
    create.dtype = DataType::kUint32;
    create.chunk_shape = {4096, 256};
    EXPECT_TRUE(create_field(*to, "", create).ok());
    auto opened = open_stored_field(to, "", {}).value();
    const std::vector<uint32_t> numbers(4096 * 256, 3);
    auto writer = std::move(FieldWriter::open(opened)).value();
    EXPECT_TRUE(writer->write(whole_region({4096, 256}), std::as_bytes(std::span(numbers))).ok());
    to->reads = 0;
    return engine->attach(opened).value();
  }
  void hold() {
    fetchers->executor.submit([gate = gate.get_future().share()] { gate.wait(); });
  }
  void push(const std::shared_ptr<Field>& to, std::vector<Proposal> proposals) {
    fetchers->queue.push(std::static_pointer_cast<FieldState>(to), proposals);
  }
  void go() {
    gate.set_value();
    fetchers->executor.drain();
  }
  static bool here(const std::shared_ptr<Field>& in, uint64_t block) {
    auto& state = static_cast<FieldState&>(*in);
    return state.cache().contains(state.generation().key(block));
  }

  std::shared_ptr<CountingStore> counting = std::make_shared<CountingStore>();
  std::shared_ptr<Fetchers> fetchers = std::make_shared<Fetchers>();
  std::promise<void> gate;
};

TEST_F(PrefetchQueueTest, SingleBlocksAndRepeatsBecomeOneBatch) {
  hold();
  for (uint64_t b = 0; b < 40; ++b) push(field, {{{b * 3, 1}, 0}, {{b / 2 * 6, 1}, 0}});
  go();
  EXPECT_EQ(counting->reads, 1);
  for (uint64_t b = 0; b < 120; ++b) EXPECT_EQ(here(field, b), b % 3 == 0) << b;
}

TEST_F(PrefetchQueueTest, ALongRunIsFetchedInBatches) {
  push(field, {{{10, 1000}, 0}, {{5, 0}, 0}});
  fetchers->executor.drain();
  EXPECT_GT(counting->reads, 1);
  EXPECT_LT(counting->reads, 8);
  for (uint64_t b = 10; b < 1010; ++b) ASSERT_TRUE(here(field, b)) << b;
  EXPECT_FALSE(here(field, 5));
}

TEST_F(PrefetchQueueTest, WhatIsNotWantedIsLeftOut) {
  hold();
  push(field, {{{0, 4}, kUnwanted}, {{10, 1}, 0}, {{20, 1}, kUnwanted}, {{30, 1}, 1}});
  go();
  for (const uint64_t b : {0, 3, 20}) EXPECT_FALSE(here(field, b)) << b;
  for (const uint64_t b : {10, 30}) EXPECT_TRUE(here(field, b)) << b;
}

TEST_F(PrefetchQueueTest, FieldsTakeTurns) {
  const auto other = attach(std::make_shared<CountingStore>());
  hold();
  for (uint64_t b = 0; b < 8; ++b) {
    push(field, {{{b, 1}, 0}});
    push(other, {{{b + 100, 1}, 0}});
  }
  go();
  for (uint64_t b = 0; b < 8; ++b) {
    EXPECT_TRUE(here(field, b));
    EXPECT_TRUE(here(other, b + 100));
    EXPECT_FALSE(here(other, b));
  }
}

TEST_F(PrefetchQueueTest, AFieldThatEndsWhileItWaitsIsPassedOver) {
  const auto brief_store = std::make_shared<CountingStore>();
  auto brief = attach(brief_store);
  hold();
  push(brief, {{{1, 1}, 0}});
  push(field, {{{2, 1}, 0}});
  brief.reset();
  go();
  EXPECT_EQ(brief_store->reads, 0);
  EXPECT_TRUE(here(field, 2));
}

TEST_F(PrefetchQueueTest, AFullQueueTakesNoMore) {
  hold();
  const std::vector<Proposal> many(PrefetchQueue::kMostEntries, Proposal{{3, 1}, 0});
  push(field, many);
  push(field, {{{4, 1}, 0}});
  go();
  EXPECT_TRUE(here(field, 3));
  EXPECT_FALSE(here(field, 4));
  push(field, {{{4, 1}, 0}});
  fetchers->executor.drain();
  EXPECT_TRUE(here(field, 4));
}

TEST_F(PrefetchQueueTest, GoesOnAfterAnythingThatIsThrown) {
  push(field, {{{1, 1}, kThrows}, {{2, 1}, 0}});
  fetchers->executor.drain();
  push(field, {{{3, 1}, 0}});
  fetchers->executor.drain();
  EXPECT_TRUE(here(field, 2));
  EXPECT_TRUE(here(field, 3));
}

// A task that holds the last reference to a field may end the engine, and the queue, on the queue's own thread, with
// another task of it still to be run.
TEST_F(PrefetchQueueTest, MayEndOnItsOwnThread) {
  auto brief_store = std::make_shared<CountingStore>();
  auto last = attach(brief_store);
  hold();
  push(last, {{{1, 4}, 0}});
  push(field, {{{2, 1}, 0}});
  std::promise<void> reading;
  std::promise<void> let_go;
  brief_store->on_read = [&] {
    reading.set_value();
    let_go.get_future().wait();
  };
  // The batch's is the field's only reference by then, and the threads end with what they read from.
  auto ended = std::make_shared<std::promise<void>>();
  brief_store->on_end = [own = fetchers, ended]() mutable {
    own->executor.submit([ended] { ended->set_value(); });
    own.reset();
  };
  fetchers.reset();
  brief_store.reset();
  gate.set_value();
  reading.get_future().wait();
  last.reset();
  let_go.set_value();
  EXPECT_EQ(ended->get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
}

}  // namespace
}  // namespace neurofs
