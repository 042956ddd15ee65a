// What is read ahead when a mount ends: it is cancelled, and waited for.
#include <atomic>
#include <thread>

#include "tests/engine/engine_fixture.h"
#include "tests/engine/silent_far_store.h"

namespace neurofs {
namespace {

class EndPrefetches : public EngineFixture {
 protected:
  void SetUp() override {
    far = std::make_shared<SilentFarStore>();
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
  std::shared_ptr<SilentFarStore> far;
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
