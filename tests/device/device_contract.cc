#include "tests/device/device_contract.h"

#include "core/device/sim/sim_control.h"

namespace neurofs::test {

void DeviceContract::SetUp() {
  const std::string name = GetParam();
  if (name == "sim") SimControl::configure({SimOptions{}, SimOptions{}});
  const auto* kind = DeviceRegistry::instance().find(name);
  if (kind == nullptr) GTEST_SKIP() << "this build has no devices of kind " << name;
  const DeviceList list = kind->factory.list();
  if (list.devices.empty()) GTEST_SKIP() << "no device of kind " << name << ": " << list.why;
  auto device = kind->factory.open(list.devices.front().id);
  ASSERT_TRUE(device.ok()) << device.status().to_string();
  device_ = *device;
  stream_ = stream();
}

DeviceMemory DeviceContract::allocate(uint64_t bytes) {
  auto memory = device_->allocate(bytes);
  EXPECT_TRUE(memory.ok()) << memory.status().to_string();
  return std::move(memory).value();
}

std::unique_ptr<DeviceStream> DeviceContract::stream() {
  auto made = device_->make_stream();
  EXPECT_TRUE(made.ok()) << made.status().to_string();
  return std::move(made).value();
}

std::unique_ptr<DeviceEvent> DeviceContract::event() {
  auto made = device_->make_event();
  EXPECT_TRUE(made.ok()) << made.status().to_string();
  return std::move(made).value();
}

DeviceMemory DeviceContract::upload(std::span<const std::byte> bytes) {
  DeviceMemory memory = allocate(bytes.size());
  EXPECT_TRUE(stream_->copy_to_device(memory.address(), bytes.data(), bytes.size()).ok());
  const Status done = stream_->wait();
  EXPECT_TRUE(done.ok()) << done.to_string();
  return memory;
}

std::vector<std::byte> DeviceContract::download(const DeviceMemory& memory) {
  std::vector<std::byte> bytes(memory.size());
  EXPECT_TRUE(stream_->copy_to_host(bytes.data(), memory.address(), bytes.size()).ok());
  const Status done = stream_->wait();
  EXPECT_TRUE(done.ok()) << done.to_string();
  return bytes;
}

std::vector<std::byte> DeviceContract::random_bytes(size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random_());
  return bytes;
}

}  // namespace neurofs::test
