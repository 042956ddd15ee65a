#include "core/device/sim/sim_heap.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "core/base/checked.h"

namespace neurofs {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kSpace = uint64_t{1} << 44;  // addresses of one device, never reused

// Bits 48 to 55 set: no process maps anything there unless it asks for that very place.
constexpr DevicePointer base_of(int id) {
  return (DevicePointer{0xDE} << 48) | (static_cast<DevicePointer>(id & 7) << 44) | kPage;
}

std::string hex(DevicePointer address) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(address));
  return text.data();
}

Status system_has_none(const char* call) {
  return no_memory(std::string("simulated GPU: ") + call + ": " + std::strerror(errno));
}

}  // namespace

SimHeap::Block::~Block() {
  // Whole pages, as they were mapped: sanitizers forget no more than what is named here.
  ::munmap(data, (size + kPage - 1) / kPage * kPage);
}

SimHeap::SimHeap(int device_id)
    : base_(base_of(device_id)), fd_(::memfd_create("neurofs-sim-gpu", MFD_CLOEXEC)) {}

SimHeap::~SimHeap() {
  blocks_.clear();
  if (fd_ >= 0) ::close(fd_);
}

Result<DevicePointer> SimHeap::allocate(uint64_t bytes) {
  uint64_t size = 0;
  if (!checked_round_up(bytes, kPage, &size) || size > kSpace) {
    return no_memory("simulated GPU: " + std::to_string(bytes) + " bytes asked");
  }
  const std::lock_guard lock(mutex_);
  // A page between allocations: what runs over an end hits nobody's memory.
  if (size + kPage > kSpace - end_) return no_memory("simulated GPU: addresses are used up");
  const uint64_t offset = end_;
  if (::ftruncate(fd_, static_cast<off_t>(offset + size)) != 0) {
    return system_has_none("ftruncate");
  }
  void* data =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, static_cast<off_t>(offset));
  if (data == MAP_FAILED) {
    return system_has_none("mmap");
  }
  end_ += size + kPage;
  blocks_.emplace(base_ + offset,
                  std::make_shared<Block>(static_cast<std::byte*>(data), bytes, offset));
  return base_ + offset;
}

uint64_t SimHeap::free(DevicePointer address) {
  const std::lock_guard lock(mutex_);
  const auto it = blocks_.find(address);
  if (it == blocks_.end()) return 0;
  const uint64_t size = it->second->size;
  // A process that has mapped it may read on, as it may on a GPU until it closes its handle; ours
  // gives the pages back, so that no stale data survives there.
  ::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              static_cast<off_t>(it->second->offset), static_cast<off_t>(size));
  blocks_.erase(it);
  return size;
}

Result<SimHeap::Place> SimHeap::resolve(DevicePointer address, uint64_t size) const {
  const std::lock_guard lock(mutex_);
  auto it = blocks_.upper_bound(address);
  if (it == blocks_.begin()) {
    return io_error("illegal address " + hex(address) + ": no allocation is there");
  }
  --it;
  const uint64_t at = address - it->first;
  if (at > it->second->size || size > it->second->size - at) {
    return io_error("illegal address " + hex(address) + ", " + std::to_string(size) +
                    " bytes: freed, or past the end of the " + std::to_string(it->second->size) +
                    " bytes at " + hex(it->first));
  }
  return Place{it->second, it->second->data + at};
}

}  // namespace neurofs
