// AlignedBuffer: page-aligned memory that direct I/O may fill. Owns its bytes; not initialised.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace neurofs {

struct FreeDelete {
  void operator()(std::byte* p) const { std::free(p); }
};
using AlignedBuffer = std::unique_ptr<std::byte[], FreeDelete>;

constexpr size_t kBufferAlignment = 4096;

// `size` is rounded up to whole pages. Throws std::bad_alloc.
inline AlignedBuffer make_aligned_buffer(size_t size) {
  const size_t rounded = (size + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(kBufferAlignment, rounded));
  if (memory == nullptr) throw std::bad_alloc();
  return AlignedBuffer(memory);
}

}  // namespace neurofs
