#include "core/engine/ahead_holders.h"

#include <gtest/gtest.h>

#include <memory>

namespace neurofs {
namespace {

using Clock = AheadHolder::Clock;

class Holder final : public AheadHolder {
 public:
  Holder(AheadHolders& holders, std::chrono::seconds age)
      : read_at(Clock::now() - age), holders_(holders) {}
  ~Holder() override { holders_.remove(this); }
  bool read_since(Clock::time_point since) const noexcept override { return read_at >= since; }
  void cancel() noexcept override { ++cancelled; }
  void let_go() noexcept override {
    EXPECT_EQ(cancelled, 1);
    ++let_gone;
    // Under the lock of the holders this would not come back.
    if (meanwhile) holders_.add(meanwhile);
    if (last) last.reset();
    holders_.remove(this);
  }

  Clock::time_point read_at;
  int cancelled = 0;
  int let_gone = 0;
  std::shared_ptr<Holder> meanwhile;
  std::shared_ptr<Holder> last;

 private:
  AheadHolders& holders_;
};

std::shared_ptr<Holder> holder(AheadHolders& holders, int age = 0) {
  auto made = std::make_shared<Holder>(holders, std::chrono::seconds(age));
  holders.add(made);
  return made;
}

TEST(AheadHolders, OnlyWhoIsReadFromHasAShare) {
  AheadHolders holders;
  EXPECT_EQ(holders.count(), 0u);
  const auto a = holder(holders);
  const auto b = holder(holders, 30);
  const auto c = holder(holders);
  EXPECT_EQ(holders.count(), 2u);
  holders.remove(c.get());
  holders.remove(c.get());
  EXPECT_EQ(holders.count(), 1u);
  holders.let_go();
  EXPECT_EQ(holders.count(), 0u);
}

TEST(AheadHolders, AllReturnWhatTheyKeepAndNobodyWaitsForThat) {
  AheadHolders holders;
  const auto a = holder(holders);
  const auto b = holder(holders);
  a->meanwhile = std::make_shared<Holder>(holders, std::chrono::seconds(0));
  holders.let_go();
  EXPECT_EQ(a->let_gone, 1);
  EXPECT_EQ(b->let_gone, 1);
  EXPECT_EQ(a->meanwhile->cancelled, 0);  // it came later
  EXPECT_EQ(holders.count(), 1u);
}

TEST(AheadHolders, WhoIsIdleGoesAlone) {
  AheadHolders holders;
  const auto idle = holder(holders, 30);
  const auto busy = holder(holders, 5);
  holders.look(std::chrono::seconds(20));
  EXPECT_EQ(idle->let_gone, 1);
  EXPECT_EQ(busy->let_gone, 0);
  EXPECT_EQ(busy->cancelled, 0);
}

TEST(AheadHolders, AHolderMayEndMeanwhile) {
  AheadHolders holders;
  const auto first = holder(holders);
  first->last = holder(holders);
  holders.let_go();
  EXPECT_EQ(first->let_gone, 1);
  EXPECT_EQ(holders.count(), 0u);
}

}  // namespace
}  // namespace neurofs
