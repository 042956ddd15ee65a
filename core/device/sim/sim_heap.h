// SimHeap: the memory of a simulated GPU and the addresses it goes by.
//
// Purpose: device addresses that no host code can dereference (not canonical on x86-64 and far above
// what a process maps elsewhere), each allocation a range of one memfd, so that another process can map
// it as it would a real device's. Addresses are never given twice: what was freed is found out.
// Thread-safety: every method from any thread. Ownership: a Block that is held keeps its bytes mapped,
// though resolve() no longer finds it once it is freed. Units: bytes.
// Errors: kNoMemory where the system has none; resolve() gives kIoError, as a GPU faults, and names the
// address and what is there.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "core/base/result.h"
#include "core/device/kernels.h"

namespace neurofs {

class SimHeap {
 public:
  class Block {
   public:
    Block(std::byte* at, uint64_t bytes, uint64_t where) : data(at), size(bytes), offset(where) {}
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block();

    std::byte* const data;
    const uint64_t size;
    const uint64_t offset;  // in the memfd
  };

  explicit SimHeap(int device_id);
  SimHeap(const SimHeap&) = delete;
  SimHeap& operator=(const SimHeap&) = delete;
  ~SimHeap();

  Result<DevicePointer> allocate(uint64_t bytes);
  // The size that was asked for; 0 when the address is nobody's.
  uint64_t free(DevicePointer address);

  struct Place {
    std::shared_ptr<Block> block;
    std::byte* data = nullptr;
  };
  // The bytes [address, address + size), which lie in one allocation.
  Result<Place> resolve(DevicePointer address, uint64_t size) const;

  int descriptor() const { return fd_; }

 private:
  const DevicePointer base_;
  int fd_ = -1;
  mutable std::mutex mutex_;
  uint64_t end_ = 0;  // of what was ever given
  std::map<DevicePointer, std::shared_ptr<Block>> blocks_;
};

}  // namespace neurofs
