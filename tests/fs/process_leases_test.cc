#include "fs/process_leases.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace neurofs {
namespace {

// A process that waits until it is killed.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      while (true) ::pause();
    }
  }
  ~Child() { kill(); }
  pid_t pid() const { return pid_; }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

std::shared_ptr<void> lease_of(const std::shared_ptr<int>& thing) {
  return thing;
}

bool becomes(const std::weak_ptr<int>& thing, bool gone) {
  for (int i = 0; i < 2000 && thing.expired() != gone; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return thing.expired() == gone;
}

TEST(ProcessLeases, EndWithARelease) {
  const auto leases = ProcessLeases::make(4).value();
  auto thing = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = thing;
  const auto number = leases->add(::getpid(), lease_of(std::exchange(thing, nullptr)));
  ASSERT_TRUE(number.ok()) << number.status().to_string();
  EXPECT_FALSE(seen.expired());
  EXPECT_EQ(leases->release(::getpid(), *number + 1).code(), Code::kInvalidArgument);
  EXPECT_TRUE(leases->release(::getpid(), *number).ok());
  EXPECT_TRUE(seen.expired());
  EXPECT_EQ(leases->release(::getpid(), *number).code(), Code::kInvalidArgument);
}

TEST(ProcessLeases, EndWithTheirProcessAlone) {
  const auto leases = ProcessLeases::make(4).value();
  Child first;
  Child second;
  auto one = std::make_shared<int>(1);
  auto two = std::make_shared<int>(2);
  const std::weak_ptr<int> seen_one = one;
  const std::weak_ptr<int> seen_two = two;
  const auto number = leases->add(first.pid(), lease_of(std::exchange(one, nullptr)));
  ASSERT_TRUE(leases->add(second.pid(), lease_of(std::exchange(two, nullptr))).ok());
  EXPECT_EQ(leases->release(second.pid(), *number).code(), Code::kInvalidArgument)
      << "nobody ends another's lease";
  first.kill();
  EXPECT_TRUE(becomes(seen_one, true));
  EXPECT_FALSE(seen_two.expired());
  EXPECT_EQ(leases->count(), 1u);
}

TEST(ProcessLeases, EndWithTheTable) {
  auto leases = ProcessLeases::make(4).value();
  auto thing = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = thing;
  ASSERT_TRUE(leases->add(::getpid(), lease_of(std::exchange(thing, nullptr))).ok());
  leases.reset();
  EXPECT_TRUE(seen.expired());
}

TEST(ProcessLeases, AreBounded) {
  const auto leases = ProcessLeases::make(2).value();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(leases->add(::getpid(), nullptr).ok());
  EXPECT_EQ(leases->add(::getpid(), nullptr).status().code(), Code::kNoMemory);
}

TEST(ProcessLeases, AThreadsLeaseIsItsProcesses) {
  const auto leases = ProcessLeases::make(2).value();
  uint64_t number = 0;
  std::thread([&] { number = leases->add(::gettid(), nullptr).value(); }).join();
  EXPECT_EQ(leases->count(), 1u) << "the thread has ended, its process has not";
  EXPECT_TRUE(leases->release(::getpid(), number).ok());
}

TEST(ProcessLeases, AProcessThatIsGoneGetsNone) {
  const auto leases = ProcessLeases::make(2).value();
  Child child;
  const pid_t pid = child.pid();
  child.kill();
  EXPECT_EQ(leases->add(pid, nullptr).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace neurofs
