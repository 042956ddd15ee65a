// ReplyBuffer: memory for a private copy of a read's bytes, taken from a few buffers that are used again.
//
// Purpose: fresh memory of a megabyte comes from the system page by page, which costs more than filling
// it; what a lens makes for a large read goes through here. At most kMostSpares buffers of kSpareBytes stay
// when nobody uses them. Thread-safety: different buffers from any thread. Contents are undefined at first.
#pragma once

#include <memory>

#include "core/base/bytes.h"

namespace neurofs {

class ReplyBuffer {
 public:
  static constexpr size_t kSpareBytes = size_t{1} << 20;
  static constexpr size_t kMostSpares = 4;

  ReplyBuffer() = default;
  explicit ReplyBuffer(size_t size);
  ReplyBuffer(ReplyBuffer&& other) noexcept;
  ReplyBuffer& operator=(ReplyBuffer&& other) noexcept;
  ~ReplyBuffer();

  MutableBytes bytes() const { return {memory_.get(), size_}; }

 private:
  std::unique_ptr<std::byte[]> memory_;  // of kSpareBytes when size_ fits them
  size_t size_ = 0;
};

}  // namespace neurofs
