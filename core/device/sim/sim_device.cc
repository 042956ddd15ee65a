#include "core/device/sim/sim_device.h"

#include <unistd.h>

#include <cstring>

#include "core/base/checked.h"
#include "core/device/sim/sim_direct_file.h"
#include "core/device/sim/sim_export.h"
#include "core/device/sim/sim_stream.h"

namespace neurofs {
namespace {

constexpr uint64_t kAlignment = 256;  // as CUDA's allocations

uint64_t charged(uint64_t bytes) {
  return ceil_div(bytes, kAlignment) * kAlignment;
}

}  // namespace

SimDevice::SimDevice(int id, std::shared_ptr<SimState> state)
    : info_{id, "simulated GPU", "sim", state->options().total_bytes},
      state_(std::move(state)),
      heap_(std::make_shared<SimHeap>(id)) {}

Result<uint64_t> SimDevice::free_bytes() {
  NF_TRY(state_->lost());
  return state_->free_bytes();
}

Result<DeviceMemory> SimDevice::allocate(uint64_t bytes) {
  NF_TRY(state_->lost());
  if (bytes == 0) return invalid_argument("device memory of 0 bytes");
  if (bytes > info_.total_bytes) {
    return no_memory("simulated GPU: " + std::to_string(bytes) + " bytes asked of " +
                     std::to_string(info_.total_bytes));
  }
  NF_TRY(state_->take_memory(charged(bytes)));
  Result<DevicePointer> address = heap_->allocate(bytes);
  if (!address.ok()) {
    state_->return_memory(charged(bytes));
    return address.status();
  }
  return DeviceMemory(shared_from_this(), *address, bytes);
}

void SimDevice::free(DevicePointer address) noexcept {
  const uint64_t bytes = heap_->free(address);
  if (bytes == 0) {
    (void)state_->lose("memory was freed that is nobody's");
    return;
  }
  state_->return_memory(charged(bytes));
}

Result<std::unique_ptr<DeviceStream>> SimDevice::make_stream() {
  NF_TRY(state_->lost());
  return std::unique_ptr<DeviceStream>(
      std::make_unique<SimStream>(shared_from_this(), state_, heap_));
}

Result<std::unique_ptr<DeviceEvent>> SimDevice::make_event() {
  NF_TRY(state_->lost());
  return std::unique_ptr<DeviceEvent>(std::make_unique<SimEvent>(shared_from_this(), state_));
}

Status SimDevice::pin_host(std::byte* host, uint64_t size) {
  NF_TRY(state_->lost());
  if (size == 0) return invalid_argument("pinning 0 bytes of host memory");
  const std::lock_guard lock(pins_mutex_);
  const auto next = pins_.lower_bound(host);
  const bool meets_next = next != pins_.end() && next->first < host + size;
  const bool meets_last =
      next != pins_.begin() && std::prev(next)->first + std::prev(next)->second.size > host;
  if (meets_next || meets_last) return invalid_argument("host memory is pinned already");
  pins_.emplace(host, Pin{size, shared_from_this()});
  state_->count_pin(1);
  return {};
}

void SimDevice::unpin_host(std::byte* host) noexcept {
  std::map<std::byte*, Pin>::node_type pin;  // may hold the last reference to this device
  {
    const std::lock_guard lock(pins_mutex_);
    pin = pins_.extract(host);
  }
  if (pin.empty()) return;
  state_->count_pin(-1);
}

Result<DeviceExport> SimDevice::export_memory(const DeviceMemory& memory) {
  NF_TRY(state_->lost());
  Result<SimHeap::Place> place = heap_->resolve(memory.address(), memory.size());
  if (!place.ok()) return invalid_argument("export: " + place.status().message());
  SimExport described;
  described.process = ::getpid();
  described.descriptor = heap_->descriptor();
  described.offset = place->block->offset;
  described.size = place->block->size;
  DeviceExport result;
  result.handle.resize(sizeof described);
  std::memcpy(result.handle.data(), &described, sizeof described);
  result.offset = static_cast<uint64_t>(place->data - place->block->data);
  return result;
}

Result<std::string> SimDevice::direct_way() {
  NF_TRY(state_->direct());
  return std::string("simulated");
}

Result<std::unique_ptr<DirectFile>> SimDevice::open_direct(int fd) {
  NF_TRY(state_->direct());
  return SimDirectFile::open(shared_from_this(), state_, heap_, fd);
}

}  // namespace neurofs
