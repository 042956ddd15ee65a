// A store that denies an object which was there (Swift does for a moment, while it replaces one): never the
// fill value in its place.
#include "tests/engine/engine_fixture.h"
#include "tests/storage/fault_store.h"

namespace neurofs {
namespace {

class DeniedObject : public EngineFixture, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    const bool sharded = GetParam();
    make({64, 16}, {1, 16}, Dims{sharded ? 4 : 1, 16});
    faults = std::make_shared<test::FaultStore>(store);
    FieldOptions options;
    options.missing_ttl_ms = 0;
    field = engine->attach(open_stored_field(faults, "", options).value()).value();
    read(row(0));
  }
  void deny(const std::string& key, int times) {
    faults->clear();
    faults->add({.key_part = key, .fault = test::Fault::kMiss, .times = times});
    drop_blocks();
  }
  // By a change of another object of the field.
  void drop_blocks() {
    ObjectInfo other;
    other.exists = true;
    other.version = "other" + std::to_string(++drops);
    field->check_object("c/0/0", other);
  }
  Region row(Index number) const { return {{{number, 1, 1, false}, {0, 16, 1, false}}}; }
  std::vector<uint32_t> stored_row(Index number) const {
    return {dense.begin() + number * 16, dense.begin() + (number + 1) * 16};
  }
  // The object of row 40.
  std::string key() const { return GetParam() ? "c/10/0" : "c/40/0"; }

  std::shared_ptr<test::FaultStore> faults;
  int drops = 0;
};

TEST_P(DeniedObject, ForAMomentIsReadAgain) {
  EXPECT_EQ(read(row(40)), stored_row(40));
  deny(key(), 3);
  EXPECT_EQ(read(row(40)), stored_row(40));
}

TEST_P(DeniedObject, ForLongIsStale) {
  EXPECT_EQ(read(row(40)), stored_row(40));
  deny(key(), -1);
  std::vector<uint32_t> out(16);
  const Status status =
      RegionReader(field, row(40)).read(0, std::as_writable_bytes(std::span(out)), 1);
  EXPECT_EQ(status.code(), Code::kStale) << status.to_string();
  EXPECT_NE(status.message().find(key()), std::string::npos) << status.message();
}

TEST_P(DeniedObject, ThatWasNeverSeenIsTheFillValue) {
  deny(key(), -1);
  EXPECT_EQ(read(row(40)), std::vector<uint32_t>(16, 77));
  faults->clear();
  drop_blocks();
  EXPECT_EQ(read(row(40)), stored_row(40)) << "written meanwhile";
}

TEST_P(DeniedObject, ThatThisProcessRemovedIsTheFillValue) {
  EXPECT_EQ(read(row(40)), stored_row(40));
  ASSERT_TRUE(store->remove(key()).ok());
  field->invalidate();
  EXPECT_EQ(read(row(40)), std::vector<uint32_t>(16, 77));
}

TEST_P(DeniedObject, IsNotMissingForALookEither) {
  EXPECT_EQ(read(row(40)), stored_row(40));
  bool changed = false;
  field->on_change([&] { changed = true; });
  field->check_object(key(), ObjectInfo{});
  EXPECT_FALSE(changed);
}

INSTANTIATE_TEST_SUITE_P(Layouts, DeniedObject, testing::Bool(),
                         [](const auto& chosen) { return chosen.param ? "shards" : "chunks"; });

}  // namespace
}  // namespace neurofs
