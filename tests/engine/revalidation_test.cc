// What a look for changes asks a store: of what was read, in few batches, within its bounds.
#include "core/engine/revalidation.h"

#include "tests/engine/engine_fixture.h"
#include "tests/storage/fault_store.h"

namespace neurofs {
namespace {

using std::chrono::seconds;

class RevalidationTest : public EngineFixture {
 protected:
  // 64 chunks, each an object of its own.
  void SetUp() override {
    make({64, 16}, {1, 16}, {1, 16});
    counted = std::make_shared<test::FaultStore>(store);
    field = engine->attach(open_stored_field(counted, "", {}).value()).value();
  }
  void read_rows(Index count) {
    Region region = whole_region({64, 16});
    region.axes[0].count = count;
    read(region);
  }
  size_t look(Revalidation& revalidation, seconds at = seconds(0)) {
    Field* const one = field.get();
    return revalidation.look(*counted, {&one, 1}, Revalidation::Clock::time_point(at));
  }

  std::shared_ptr<test::FaultStore> counted;
};

TEST_F(RevalidationTest, AsksForNothingThatNobodyRead) {
  Revalidation revalidation({});
  EXPECT_EQ(look(revalidation), 0u);
  read_rows(3);
  EXPECT_EQ(look(revalidation), 3u);
  EXPECT_EQ(counted->stats(), 3u);
}

TEST_F(RevalidationTest, AsksForManyTogether) {
  read_rows(64);
  Revalidation revalidation({.at_once = 16});
  EXPECT_EQ(look(revalidation), 64u);
  EXPECT_EQ(counted->stats(), 64u);
  EXPECT_EQ(counted->stat_batches(), 4u);
}

TEST_F(RevalidationTest, AMinuteHasItsBound) {
  read_rows(64);
  Revalidation revalidation({.a_look = 20, .a_minute = 30});
  EXPECT_EQ(look(revalidation, seconds(100)), 20u);
  EXPECT_EQ(look(revalidation, seconds(101)), 10u);
  EXPECT_EQ(look(revalidation, seconds(101)), 0u);
  EXPECT_EQ(look(revalidation, seconds(131)), 15u);
  EXPECT_EQ(look(revalidation, seconds(1000)), 20u) << "what was not used is not saved up";
}

TEST_F(RevalidationTest, AllHaveTheirTurn) {
  read_rows(64);
  bool changed = false;
  field->on_change([&] { changed = true; });
  ASSERT_TRUE(store->put("c/40/0", ByteVector(64)).ok());
  Revalidation revalidation({.a_look = 8, .a_minute = 8});
  for (int minute = 1; minute <= 8; ++minute) look(revalidation, seconds(60 * minute));
  EXPECT_TRUE(changed);
  EXPECT_EQ(counted->stats(), 64u);
}

TEST_F(RevalidationTest, AStoreThatDoesNotAnswerIsLeftAlone) {
  read_rows(64);
  counted->add({.key_part = "", .fault = test::Fault::kError, .code = Code::kTimeout});
  Revalidation revalidation({.at_once = 4});
  EXPECT_EQ(look(revalidation), 4u);
}

TEST_F(RevalidationTest, FieldsShareTheBound) {
  read_rows(64);
  const auto other = engine->attach(open_stored_field(counted, "", {}).value()).value();
  ByteVector row(64);
  ASSERT_TRUE(RegionReader(other, whole_region({64, 16})).read(0, row, 1).ok());
  const std::vector<Field*> both = {field.get(), other.get()};
  Revalidation revalidation({.a_look = 10});
  EXPECT_EQ(revalidation.look(*counted, both, {}), 6u) << "5 of one, and the other's only one";
  const std::vector<Field*> turned = {other.get(), field.get()};
  EXPECT_EQ(Revalidation({.a_look = 10}).look(*counted, turned, {}), 10u);
}

TEST_F(RevalidationTest, RemoteStoresHaveABudget) {
  EXPECT_GT(revalidation_bounds(*store).a_minute, 0u);
}

}  // namespace
}  // namespace neurofs
