#include "core/engine/reply_buffer.h"

#include <sys/mman.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace neurofs {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kBuffersPerPage = kHugePage / ReplyBuffer::kSpareBytes;

class Spares {
 public:
  // Null when all are in use.
  std::byte* take() {
    const std::lock_guard lock(mutex_);
    if (count_ == 0) make_locked();
    return count_ > 0 ? free_[--count_] : nullptr;
  }
  // The one given back last is taken first: a CPU may still have it in its cache.
  void put(std::byte* memory) {
    const std::lock_guard lock(mutex_);
    free_[count_++] = memory;
  }

 private:
  void make_locked() {
    if (made_ + kBuffersPerPage > free_.size()) return;
    auto* page = static_cast<std::byte*>(std::aligned_alloc(kHugePage, kHugePage));
    if (page == nullptr) return;
    madvise(page, kHugePage, MADV_HUGEPAGE);  // where it is refused, small pages do
    for (size_t i = kBuffersPerPage; i-- > 0;) {
      free_[count_++] = page + i * ReplyBuffer::kSpareBytes;
    }
    made_ += kBuffersPerPage;
  }

  std::mutex mutex_;
  std::array<std::byte*, ReplyBuffer::kMostSpares> free_{};  // guarded by mutex_, [0, count_)
  size_t count_ = 0;                                         // guarded by mutex_
  size_t made_ = 0;                                          // guarded by mutex_
};

Spares& spares() {
  static auto* shared = new Spares;  // never destroyed: a reply may outlive main()
  return *shared;
}

}  // namespace

ReplyBuffer::ReplyBuffer(size_t size) : size_(size) {
  if (size <= kSpareBytes) memory_ = spares().take();
  is_spare_ = memory_ != nullptr;
  if (!is_spare_) memory_ = new std::byte[size];
}

ReplyBuffer::ReplyBuffer(ReplyBuffer&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      is_spare_(std::exchange(other.is_spare_, false)) {}

ReplyBuffer& ReplyBuffer::operator=(ReplyBuffer&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  std::swap(is_spare_, other.is_spare_);
  return *this;
}

ReplyBuffer::~ReplyBuffer() {
  if (is_spare_) {
    spares().put(memory_);
  } else {
    delete[] memory_;
  }
}

}  // namespace neurofs
