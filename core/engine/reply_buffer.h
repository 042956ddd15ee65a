// ReplyBuffer: memory for a private copy of a read's bytes, taken from a few buffers that are used again.
//
// Purpose: fresh memory of a megabyte comes from the system page by page, which costs more than filling
// it; what a lens makes for a large read goes through here. Buffers of kSpareBytes are made on huge pages
// where the system has them, since the kernel looks up every page that it copies a reply from. At most
// kMostSpares are kept for ever; what more is asked for at once is ordinary memory. Thread-safety: different buffers from any thread. Contents are undefined at first.
#pragma once

#include "core/base/bytes.h"

namespace neurofs {

class ReplyBuffer {
 public:
  static constexpr size_t kSpareBytes = size_t{1} << 20;
  static constexpr size_t kMostSpares = 16;

  ReplyBuffer() = default;
  explicit ReplyBuffer(size_t size);
  ReplyBuffer(ReplyBuffer&& other) noexcept;
  ReplyBuffer& operator=(ReplyBuffer&& other) noexcept;
  ~ReplyBuffer();

  MutableBytes bytes() const { return {memory_, size_}; }

 private:
  std::byte* memory_ = nullptr;
  size_t size_ = 0;
  bool is_spare_ = false;
};

}  // namespace neurofs
