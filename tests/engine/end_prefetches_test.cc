// What is read ahead when a mount ends: it is cancelled, and waited for.
#include <atomic>
#include <thread>

#include "core/base/scope_wait.h"
#include "tests/engine/engine_fixture.h"

namespace neurofs {
namespace {

// A store far away that never answers what other threads than the test's ask for, until they give up.
class StalledStore final : public MemoryStore {
 public:
  bool is_far() const override { return true; }
  void read(std::span<ReadOp> batch) override {
    if (std::this_thread::get_id() == reader_) return MemoryStore::read(batch);
    ++waiting;
    ++asked;
    const bool cancelled = !pause_in_scope(std::chrono::minutes(5));
    for (ReadOp& op : batch) {
      op.outcome = ReadOp::Outcome::kError;
      op.status = {cancelled ? Code::kInterrupted : Code::kTimeout, "no answer"};
    }
    --waiting;
  }
  std::atomic<int> waiting{0};
  std::atomic<int> asked{0};

 private:
  const std::thread::id reader_ = std::this_thread::get_id();
};

class EndPrefetches : public EngineFixture {
 protected:
  void SetUp() override {
    far = std::make_shared<StalledStore>();
    CreateOptions create;
    create.shape = {4096, 256};
    create.dtype = DataType::kUint32;
    create.chunk_shape = {256, 256};
    ASSERT_TRUE(create_field(*far, "", create).ok());
    stored = open_stored_field(far, "", {}).value();
    dense.resize(4096 * 256);
    std::iota(dense.begin(), dense.end(), 1U);
    auto writer = std::move(FieldWriter::open(stored)).value();
    const auto bytes = std::as_bytes(std::span(dense));
    ASSERT_TRUE(writer->write(whole_region({4096, 256}), bytes).ok());
    EngineOptions options;
    options.ram_bytes = 4 << 20;
    options.predictor = "stride";
    engine = Engine::create(options).value();
    field = engine->attach(stored).value();
  }
  // On and on until something is read ahead, or the field's end.
  void read_in_order() {
    const RegionReader reader(field, whole_region({4096, 256}));
    ByteVector out(64 << 10);
    for (uint64_t at = 0; at < reader.size() && far->waiting == 0; at += out.size()) {
      // It may meet what is read ahead.
      const ReadScope scope(nullptr, ReadScope::Clock::now() + std::chrono::milliseconds(100));
      (void)reader.read(at, out, 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  std::shared_ptr<StalledStore> far;
};

TEST_F(EndPrefetches, EndsWhatWaitsForAStore) {
  read_in_order();
  ASSERT_GT(far->waiting, 0);
  EXPECT_TRUE(engine->end_prefetches(std::chrono::minutes(1)));
  EXPECT_EQ(far->waiting, 0);
}

TEST_F(EndPrefetches, NothingIsReadAheadAfterwards) {
  EXPECT_TRUE(engine->end_prefetches(std::chrono::minutes(1)));
  read_in_order();
  EXPECT_EQ(far->asked, 0);
}

}  // namespace
}  // namespace neurofs
