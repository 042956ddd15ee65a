// The contract of Device, as a suite that every kind passes.
//
// Each program of the suite runs it on one kind, NEUROFS_DEVICE_KIND. A kind without a device on
// this machine is skipped with its reason.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "core/device/device.h"

namespace neurofs::test {

class DeviceContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override;

  DeviceMemory allocate(uint64_t bytes);
  std::unique_ptr<DeviceStream> stream();
  std::unique_ptr<DeviceEvent> event();
  // Device memory that holds these bytes.
  DeviceMemory upload(std::span<const std::byte> bytes);
  std::vector<std::byte> download(const DeviceMemory& memory);
  std::vector<std::byte> random_bytes(size_t size);

  std::shared_ptr<Device> device_;
  std::unique_ptr<DeviceStream> stream_;
  std::mt19937_64 random_{42};
};

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

template <typename T>
std::vector<T> values_of(const std::vector<std::byte>& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(values)).begin());
  return values;
}

}  // namespace neurofs::test
