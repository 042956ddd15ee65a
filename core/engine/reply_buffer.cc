#include "core/engine/reply_buffer.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace neurofs {
namespace {

struct Spares {
  std::mutex mutex;
  std::array<std::unique_ptr<std::byte[]>, ReplyBuffer::kMostSpares> buffers;  // guarded by mutex
  size_t count = 0;                                                           // guarded by mutex

  std::unique_ptr<std::byte[]> take() {
    const std::lock_guard lock(mutex);
    return count > 0 ? std::move(buffers[--count]) : nullptr;
  }
  // The one given back last is taken first: a CPU may still have it in its cache.
  void put(std::unique_ptr<std::byte[]> memory) {
    const std::lock_guard lock(mutex);
    if (count < buffers.size()) buffers[count++] = std::move(memory);
  }
};

Spares& spares() {
  static auto* shared = new Spares;  // never destroyed: a reply may outlive main()
  return *shared;
}

}  // namespace

ReplyBuffer::ReplyBuffer(size_t size) : size_(size) {
  if (size <= kSpareBytes) memory_ = spares().take();
  if (!memory_) memory_.reset(new std::byte[std::max(size, kSpareBytes)]);
}

ReplyBuffer::ReplyBuffer(ReplyBuffer&& other) noexcept
    : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}

ReplyBuffer& ReplyBuffer::operator=(ReplyBuffer&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  return *this;
}

ReplyBuffer::~ReplyBuffer() {
  if (memory_ && size_ <= kSpareBytes) spares().put(std::move(memory_));
}

}  // namespace neurofs
