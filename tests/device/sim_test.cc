// What the simulation adds to the contract: capacity, speed, faults, export to another process.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "core/device/sim/sim_control.h"
#include "core/device/sim/sim_export.h"
#include "tests/device/device_contract.h"

namespace neurofs::test {
namespace {

using namespace std::chrono_literals;

class SimTest : public DeviceContract {
 protected:
  void SetUp() override {
    DeviceContract::SetUp();
    control_ = std::make_unique<SimControl>(SimControl::of(0));
  }
  std::unique_ptr<SimControl> control_;
};

TEST_P(SimTest, TheNthAllocationFails) {
  control_->fail_allocation(2);
  EXPECT_TRUE(device_->allocate(10).ok());
  EXPECT_EQ(device_->allocate(10).status().code(), Code::kNoMemory);
  EXPECT_TRUE(device_->allocate(10).ok());
}

TEST_P(SimTest, FreeMemoryIsWhatOthersLeave) {
  control_->set_free_bytes(1 << 20);
  EXPECT_EQ(*device_->free_bytes(), 1u << 20);
  EXPECT_FALSE(device_->allocate(2 << 20).ok());
  const DeviceMemory memory = allocate(1 << 19);
  EXPECT_EQ(*device_->free_bytes(), 1u << 19);
  EXPECT_EQ(control_->counts().bytes_allocated, 1u << 19);
}

TEST_P(SimTest, ALostDeviceFailsForGood) {
  const DeviceMemory memory = allocate(100);
  std::vector<std::byte> host(100);
  control_->lose_at_operation(2);
  const auto reached = event();
  ASSERT_TRUE(stream_->copy_to_device(memory.address(), host.data(), 100).ok());
  ASSERT_TRUE(stream_->copy_to_device(memory.address(), host.data(), 100).ok());
  EXPECT_EQ(stream_->wait().code(), Code::kIoError);
  EXPECT_TRUE(device_->is_lost());
  EXPECT_FALSE(stream_->copy_to_device(memory.address(), host.data(), 100).ok());
  EXPECT_FALSE(stream_->record(*reached).ok());
  EXPECT_FALSE(reached->done().ok());
  EXPECT_FALSE(device_->allocate(10).ok());
  EXPECT_FALSE(device_->make_stream().ok());
  EXPECT_FALSE(device_->free_bytes().ok());
}

TEST_P(SimTest, AnEventBehindALossFails) {
  const DeviceMemory memory = allocate(100);
  std::vector<std::byte> host(100);
  const auto reached = event();
  control_->hold();
  ASSERT_TRUE(stream_->copy_to_device(memory.address(), host.data(), 100).ok());
  ASSERT_TRUE(stream_->record(*reached).ok());
  EXPECT_FALSE(*reached->done());
  control_->lose();
  EXPECT_FALSE(reached->wait().ok());
}

TEST_P(SimTest, AStallDelaysAndALossEndsIt) {
  const DeviceMemory memory = allocate(100);
  std::vector<std::byte> host(100);
  const auto reached = event();
  control_->stall_at_operation(1, 1h);
  ASSERT_TRUE(stream_->copy_to_device(memory.address(), host.data(), 100).ok());
  ASSERT_TRUE(stream_->record(*reached).ok());
  EXPECT_FALSE(*reached->done());
  control_->lose();
  EXPECT_FALSE(stream_->wait().ok());
}

TEST_P(SimTest, AnotherDeviceIsNotTouchedByALoss) {
  const auto other = DeviceRegistry::instance().find("sim")->factory.open(1);
  ASSERT_TRUE(other.ok());
  control_->lose();
  EXPECT_TRUE(device_->is_lost());
  EXPECT_FALSE((*other)->is_lost());
}

TEST_P(SimTest, UseAfterFreeLosesTheDevice) {
  std::vector<std::byte> host(100);
  DevicePointer address = 0;
  {
    const DeviceMemory memory = allocate(100);
    address = memory.address();
  }
  const DeviceMemory next = allocate(100);
  ASSERT_TRUE(stream_->copy_to_host(host.data(), address, 100).ok());
  EXPECT_EQ(stream_->wait().code(), Code::kIoError);
  EXPECT_TRUE(device_->is_lost());
}

TEST_P(SimTest, PastTheEndLosesTheDevice) {
  std::vector<std::byte> host(100);
  const DeviceMemory memory = allocate(100);
  ASSERT_TRUE(stream_->copy_to_host(host.data(), memory.address() + 1, 100).ok());
  EXPECT_FALSE(stream_->wait().ok());
}

TEST_P(SimTest, TheHostCannotReadADeviceAddress) {
  const DeviceMemory memory = allocate(100);
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGSEGV, SIG_DFL);
    ::_exit(*reinterpret_cast<volatile char*>(memory.address()) == 1 ? 0 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_P(SimTest, AnotherProcessMapsWhatIsExported) {
  const auto bytes = random_bytes(10000);
  const DeviceMemory memory = upload(bytes);
  const auto exported = device_->export_memory(memory);
  ASSERT_TRUE(exported.ok());
  const pid_t child = ::fork();
  if (child == 0) {
    const auto mapping = SimMapping::map(exported->handle);
    if (!mapping.ok() || mapping->bytes().size() < exported->offset + bytes.size()) ::_exit(2);
    const auto seen = mapping->bytes().subspan(exported->offset, bytes.size());
    ::_exit(std::equal(seen.begin(), seen.end(), bytes.begin()) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_P(SimTest, RefusesAHandleThatIsNone) {
  EXPECT_FALSE(SimMapping::map({}).ok());
  EXPECT_FALSE(SimMapping::map(std::vector<std::byte>(64)).ok());
}

TEST_P(SimTest, CountsWhatCrossesTheBus) {
  const DeviceMemory memory = upload(random_bytes(1000));
  (void)download(memory);
  EXPECT_EQ(control_->counts().bytes_to_device, 1000u);
  EXPECT_EQ(control_->counts().bytes_to_host, 1000u);
  EXPECT_EQ(control_->counts().operations, 2u);
}

TEST_P(SimTest, DirectReadsFailAndAreRefusedAsATestSays) {
  const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  const DeviceMemory memory = allocate(1000);
  {
    const auto file = device_->open_direct(fd);
    ASSERT_TRUE(file.ok()) << file.status().to_string();
    EXPECT_EQ(control_->counts().direct_files, 1u);
    int hooked = 0;
    control_->before_direct_read([&] { ++hooked; });
    control_->fail_direct_reads(2, 2);
    const std::vector<bool> expected = {true, false, false, true};
    for (const bool good : expected) {
      EXPECT_EQ((*file)->read(memory.address(), 5, 1000).ok(), good);
    }
    EXPECT_EQ(hooked, 4);
    EXPECT_EQ(control_->counts().direct_reads, 4u);
    EXPECT_EQ(control_->counts().direct_bytes, 2000u);
    EXPECT_EQ(control_->counts().bytes_to_device, 0u);
    control_->before_direct_read(nullptr);
    EXPECT_FALSE(device_->is_lost());
  }
  EXPECT_EQ(control_->counts().direct_files, 0u);
  control_->refuse_direct(true);
  EXPECT_EQ(device_->direct_way().status().code(), Code::kUnsupported);
  EXPECT_EQ(device_->open_direct(fd).status().code(), Code::kUnsupported);
  control_->refuse_direct(false);
  const auto file = device_->open_direct(fd);
  ASSERT_TRUE(file.ok());
  control_->lose();
  EXPECT_FALSE((*file)->read(memory.address(), 0, 10).ok());
  EXPECT_FALSE(device_->direct_way().ok());
  ::close(fd);
}

TEST_P(SimTest, ALossIsForgottenWhenAllHaveLetGo) {
  control_->lose();
  stream_.reset();
  device_.reset();
  const auto again = DeviceRegistry::instance().find("sim")->factory.open(0);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE((*again)->is_lost());
}

INSTANTIATE_TEST_SUITE_P(Kind, SimTest, testing::Values("sim"));

}  // namespace
}  // namespace neurofs::test
