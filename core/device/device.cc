#include "core/device/device.h"

#include <utility>

namespace neurofs {

DeviceMemory& DeviceMemory::operator=(DeviceMemory&& other) noexcept {
  if (this == &other) return *this;
  if (device_) device_->free(address_);
  device_ = std::move(other.device_);
  address_ = std::exchange(other.address_, 0);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

DeviceMemory::~DeviceMemory() {
  if (device_) device_->free(address_);
}

}  // namespace neurofs
