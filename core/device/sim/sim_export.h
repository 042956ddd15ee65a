// SimExport: what a simulated GPU hands to another process in place of a cudaIpcMemHandle_t.
//
// Purpose: the path by which a process maps device memory can run where there is no GPU: the handle
// names a memfd of the process that made it, which /proc/<process>/fd/<descriptor> opens. As with CUDA,
// the one who maps it must be allowed to (same user), and memory that was freed reads as zeros, never
// as what came later. Thread-safety: plain value. Units: bytes; `offset` is a multiple of 4096.
// Errors: sim_map gives kInvalidArgument for what is no handle and kIoError with the system's reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.h"

namespace neurofs {

// The 64 bytes of DeviceExport::handle, in the byte order of this machine.
struct SimExport {
  std::array<char, 8> magic{'N', 'F', 'S', 'I', 'M', 'G', 'P', 'U'};
  int64_t process = 0;
  int64_t descriptor = 0;
  uint64_t offset = 0;  // of the allocation in the file
  uint64_t size = 0;    // of the allocation
  std::array<uint64_t, 3> reserved{};
};
static_assert(sizeof(SimExport) == 64, "as long as CUDA's");

// The allocation that a handle names, mapped for reading; unmapped on destruction.
class SimMapping {
 public:
  static Result<SimMapping> map(std::span<const std::byte> handle);
  SimMapping(SimMapping&& other) noexcept;
  SimMapping& operator=(SimMapping&&) = delete;
  ~SimMapping();
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  SimMapping(const std::byte* data, uint64_t size) : data_(data), size_(size) {}
  const std::byte* data_;
  uint64_t size_;
};

}  // namespace neurofs
